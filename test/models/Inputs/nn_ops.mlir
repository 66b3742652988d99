// Graph ops by themselves, at sizes that are no multiple of a vector; nn_ops_test.py has each one's formula.

func.func @elementwise(%x: tensor<?x37xf32> {nn.name = "x", nn.dims = ["N", "37"]}, %y: tensor<?x37xf32> {nn.name = "y", nn.dims = ["N", "37"]})
    -> (tensor<?x37xf32> {nn.name = "silu"}, tensor<?x37xf32> {nn.name = "relu"}, tensor<?x37xf32> {nn.name = "sigmoid"},
        tensor<?x37xf32> {nn.name = "tanh"}, tensor<?x37xf32> {nn.name = "exp"}, tensor<?x37xf32> {nn.name = "gelu"},
        tensor<?x37xf32> {nn.name = "gelu_tanh"}, tensor<?x37xf32> {nn.name = "scaled"}, tensor<?x37xf32> {nn.name = "difference"},
        tensor<?x37xf32> {nn.name = "shifted"}, tensor<?x37xbf16> {nn.name = "rounded"}) {
  %silu = nn.silu %x : tensor<?x37xf32> -> tensor<?x37xf32>
  %relu = nn.relu %x : tensor<?x37xf32> -> tensor<?x37xf32>
  %sigmoid = nn.sigmoid %x : tensor<?x37xf32> -> tensor<?x37xf32>
  %tanh = nn.tanh %x : tensor<?x37xf32> -> tensor<?x37xf32>
  %exp = nn.exp %x : tensor<?x37xf32> -> tensor<?x37xf32>
  %gelu = nn.gelu %x exact : tensor<?x37xf32> -> tensor<?x37xf32>
  %gelu_tanh = nn.gelu %x tanh : tensor<?x37xf32> -> tensor<?x37xf32>
  %scaled = nn.scale %x by 0.25 : tensor<?x37xf32>
  %difference = nn.sub %x, %y : tensor<?x37xf32>
  %gain = nn.weight "gain" : !nn.weight<37>
  %bias = nn.weight "bias" : !nn.weight<37>
  %larger = nn.mul_vector %x, %gain : tensor<?x37xf32>, !nn.weight<37>
  %shifted = nn.add_vector %larger, %bias : tensor<?x37xf32>, !nn.weight<37>
  %rounded = nn.cast %x : tensor<?x37xf32> -> tensor<?x37xbf16>
  return %silu, %relu, %sigmoid, %tanh, %exp, %gelu, %gelu_tanh, %scaled, %difference, %shifted, %rounded
      : tensor<?x37xf32>, tensor<?x37xf32>, tensor<?x37xf32>, tensor<?x37xf32>, tensor<?x37xf32>, tensor<?x37xf32>,
        tensor<?x37xf32>, tensor<?x37xf32>, tensor<?x37xf32>, tensor<?x37xf32>, tensor<?x37xbf16>
}

func.func @norms(%x: tensor<?x37xf32> {nn.name = "x", nn.dims = ["N", "37"]})
    -> (tensor<?x37xf32> {nn.name = "layer"}, tensor<?x37xf32> {nn.name = "plain"}, tensor<?x37xf32> {nn.name = "l2"}, tensor<?x37xf32> {nn.name = "rms"}) {
  %gain = nn.weight "gain" : !nn.weight<37>
  %bias = nn.weight "bias" : !nn.weight<37>
  %layer = nn.layer_norm %x gain %gain : !nn.weight<37> bias %bias : !nn.weight<37> epsilon 1.0e-5 : tensor<?x37xf32> -> tensor<?x37xf32>
  %plain = nn.layer_norm %x epsilon 1.0e-12 : tensor<?x37xf32> -> tensor<?x37xf32>
  %l2 = nn.l2_norm %x epsilon 1.0e-12 : tensor<?x37xf32> -> tensor<?x37xf32>
  %rms = nn.rms_norm %x, %gain epsilon 1.0e-5 : tensor<?x37xf32>, !nn.weight<37> -> tensor<?x37xf32>
  return %layer, %plain, %l2, %rms : tensor<?x37xf32>, tensor<?x37xf32>, tensor<?x37xf32>, tensor<?x37xf32>
}

// The greatest feature's row of a table stands in the kernel that finds it.
func.func @choices(%x: tensor<?x37xf32> {nn.name = "x", nn.dims = ["N", "37"]})
    -> (tensor<?x37xf32> {nn.name = "softmax"}, tensor<?x37xf32> {nn.name = "log_softmax"}, tensor<?xi32> {nn.name = "argmax"},
        tensor<?x5xf32> {nn.name = "values"}, tensor<?x5xi32> {nn.name = "indices"}, tensor<?x9xf32> {nn.name = "embedded"}) {
  %softmax = nn.softmax %x : tensor<?x37xf32> -> tensor<?x37xf32>
  %log_softmax = nn.log_softmax %x : tensor<?x37xf32> -> tensor<?x37xf32>
  %argmax = nn.argmax %x : tensor<?x37xf32> -> tensor<?xi32>
  %values, %indices = nn.top_k %x : tensor<?x37xf32> -> tensor<?x5xf32>, tensor<?x5xi32>
  %table = nn.weight "table" : !nn.weight<37x9>
  %embedded = nn.embed %argmax, %table : tensor<?xi32>, !nn.weight<37x9> -> tensor<?x9xf32>
  return %softmax, %log_softmax, %argmax, %values, %indices, %embedded
      : tensor<?x37xf32>, tensor<?x37xf32>, tensor<?xi32>, tensor<?x5xf32>, tensor<?x5xi32>, tensor<?x9xf32>
}

// Rows beyond a length may stand outside the table: nobody looks.
func.func @positions(%x: tensor<?x?x37xf32> {nn.name = "x", nn.dims = ["B", "T", "37"]}, %lengths: tensor<?xi32> {nn.name = "lengths", nn.dims = ["B"]},
                     %start: tensor<?xi32> {nn.name = "start", nn.dims = ["B"]}) -> (tensor<?x?x37xf32> {nn.name = "at"}, tensor<?x?x37xf32> {nn.name = "plain"}) {
  %table = nn.weight "positions" : !nn.weight<20x37>
  %sequences = attn.padded queries(%lengths : tensor<?xi32>) start %start : tensor<?xi32>
  %at = nn.add_positions %x, %table at %sequences : tensor<?x?x37xf32>, !nn.weight<20x37>
  %plain = nn.add_positions %x, %table : tensor<?x?x37xf32>, !nn.weight<20x37>
  return %at, %plain : tensor<?x?x37xf32>, tensor<?x?x37xf32>
}

func.func @packed_positions(%x: tensor<?x37xf32> {nn.name = "x", nn.dims = ["R", "37"]}, %offsets: tensor<?xi32> {nn.name = "offsets", nn.dims = ["O"]})
    -> (tensor<?x37xf32> {nn.name = "at"}) {
  %table = nn.weight "positions" : !nn.weight<20x37>
  %sequences = attn.packed %offsets, %offsets : tensor<?xi32>, tensor<?xi32> start top_left
  %at = nn.add_positions %x, %table at %sequences : tensor<?x37xf32>, !nn.weight<20x37>
  return %at : tensor<?x37xf32>
}

func.func @pools(%x: tensor<?x?x37xf32> {nn.name = "x", nn.dims = ["B", "T", "37"]}, %lengths: tensor<?xi32> {nn.name = "lengths", nn.dims = ["B"]})
    -> (tensor<?x37xf32> {nn.name = "first"}, tensor<?x37xf32> {nn.name = "last"}, tensor<?x37xf32> {nn.name = "mean"}, tensor<?x37xf32> {nn.name = "all"}) {
  %first = nn.pool first %x : tensor<?x?x37xf32> -> tensor<?x37xf32>
  %last = nn.pool last %x lengths(%lengths : tensor<?xi32>) : tensor<?x?x37xf32> -> tensor<?x37xf32>
  %mean = nn.pool mean %x lengths(%lengths : tensor<?xi32>) : tensor<?x?x37xf32> -> tensor<?x37xf32>
  %all = nn.pool mean %x : tensor<?x?x37xf32> -> tensor<?x37xf32>
  return %first, %last, %mean, %all : tensor<?x37xf32>, tensor<?x37xf32>, tensor<?x37xf32>, tensor<?x37xf32>
}

func.func @patches(%images: tensor<?x3x12x20xf32> {nn.name = "images", nn.dims = ["B", "3", "12", "20"]}) -> (tensor<?x16x21xf32> {nn.name = "rows"}) {
  %flat = nn.patchify %images size 4 : tensor<?x3x12x20xf32> -> tensor<?x15x48xf32>
  %kernel = nn.weight "kernel" : !nn.weight<21x48>
  %bias = nn.weight "kernel.bias" : !nn.weight<21>
  %patches = nn.linear %flat, %kernel bias %bias : !nn.weight<21> for : tensor<?x15x48xf32>, !nn.weight<21x48> -> tensor<?x15x21xf32>
  %token = nn.weight "token" : !nn.weight<21>
  %rows = nn.prepend %patches, %token : tensor<?x15x21xf32>, !nn.weight<21> -> tensor<?x16x21xf32>
  return %rows : tensor<?x16x21xf32>
}

// A slice of features goes through heads; two results of kernels and an argument are concatenated; dimensions change places.
func.func @views(%x: tensor<?x?x48xf32> {nn.name = "x", nn.dims = ["B", "T", "48"]})
    -> (tensor<?x?x70xf32> {nn.name = "joined"}, tensor<?x48x?xf32> {nn.name = "turned"}, tensor<?x?x2x8xf32> {nn.name = "heads"}) {
  %bias = nn.weight "slice.bias" : !nn.weight<16>
  %part = nn.slice %x axis 2 from 20 : tensor<?x?x48xf32> -> tensor<?x?x16xf32>
  %shifted = nn.add_vector %part, %bias : tensor<?x?x16xf32>, !nn.weight<16>
  %w = nn.weight "slice.kernel" : !nn.weight<6x16>
  %narrow = nn.linear %part, %w : tensor<?x?x16xf32>, !nn.weight<6x16> -> tensor<?x?x6xf32>
  %joined = nn.concat %narrow, %x, %shifted axis 2 : tensor<?x?x6xf32>, tensor<?x?x48xf32>, tensor<?x?x16xf32> -> tensor<?x?x70xf32>
  %turned = nn.transpose %x [0, 2, 1] : tensor<?x?x48xf32> -> tensor<?x48x?xf32>
  %heads = nn.split_heads %part : tensor<?x?x16xf32> -> tensor<?x?x2x8xf32>
  return %joined, %turned, %heads : tensor<?x?x70xf32>, tensor<?x48x?xf32>, tensor<?x?x2x8xf32>
}

// One kernel: everything after the products stands in its epilogue.
func.func @epilogue(%x: tensor<?x48xf32> {nn.name = "x", nn.dims = ["N", "48"]}, %r: tensor<?x21xf32> {nn.name = "r", nn.dims = ["N", "21"]})
    -> (tensor<?x21xf32> {nn.name = "y"}) {
  %w = nn.weight "kernel" : !nn.weight<21x48>
  %b = nn.weight "kernel.bias" : !nn.weight<21>
  %g = nn.weight "token" : !nn.weight<21>
  %0 = nn.linear %x, %w bias %b : !nn.weight<21> for : tensor<?x48xf32>, !nn.weight<21x48> -> tensor<?x21xf32>
  %1 = nn.gelu %0 exact : tensor<?x21xf32> -> tensor<?x21xf32>
  %2 = nn.mul_vector %1, %g : tensor<?x21xf32>, !nn.weight<21>
  %3 = nn.sub %r, %2 : tensor<?x21xf32>
  %4 = nn.tanh %3 : tensor<?x21xf32> -> tensor<?x21xf32>
  return %4 : tensor<?x21xf32>
}

// Rows of three dimensions and of four. Those of a slice, and those whose dimensions have changed places, do not lie one behind the other.
func.func @heads(%x: tensor<?x?x53xf32> {nn.name = "x", nn.dims = ["B", "T", "53"]}, %y: tensor<?x?x4x12xf32> {nn.name = "y", nn.dims = ["B", "T", "4", "12"]})
    -> (tensor<?x?x4x12xf32> {nn.name = "layer"}, tensor<?x?x4x12xf32> {nn.name = "rms"}, tensor<?x?x4x12xf32> {nn.name = "l2"},
        tensor<?x?x4x12xf32> {nn.name = "softmax"}, tensor<?x?x4x12xf32> {nn.name = "log_softmax"}, tensor<?x?x4x12xf32> {nn.name = "gelu"},
        tensor<?x?x4x12xbf16> {nn.name = "rounded"}, tensor<?x?x4xi32> {nn.name = "argmax"}, tensor<?x?x4x3xf32> {nn.name = "values"},
        tensor<?x?x4x3xi32> {nn.name = "indices"}, tensor<?x?x4x7xf32> {nn.name = "embedded"}, tensor<?x?x4x9xf32> {nn.name = "narrow"},
        tensor<?x4x?x12xf32> {nn.name = "turned"}, tensor<?x?x4x3x4xf32> {nn.name = "parts"}) {
  %part = nn.slice %x axis 2 from 5 : tensor<?x?x53xf32> -> tensor<?x?x48xf32>
  %h = nn.split_heads %part : tensor<?x?x48xf32> -> tensor<?x?x4x12xf32>
  %gain = nn.weight "head.gain" : !nn.weight<12>
  %layer = nn.layer_norm %h epsilon 1.0e-6 : tensor<?x?x4x12xf32> -> tensor<?x?x4x12xf32>
  %rms = nn.rms_norm %y, %gain epsilon 1.0e-5 : tensor<?x?x4x12xf32>, !nn.weight<12> -> tensor<?x?x4x12xf32>
  %l2 = nn.l2_norm %h epsilon 1.0e-12 : tensor<?x?x4x12xf32> -> tensor<?x?x4x12xf32>
  %softmax = nn.softmax %h : tensor<?x?x4x12xf32> -> tensor<?x?x4x12xf32>
  %log_softmax = nn.log_softmax %y : tensor<?x?x4x12xf32> -> tensor<?x?x4x12xf32>
  %sum = nn.add %h, %y : tensor<?x?x4x12xf32>
  %gelu = nn.gelu %sum exact : tensor<?x?x4x12xf32> -> tensor<?x?x4x12xf32>
  %rounded = nn.cast %y : tensor<?x?x4x12xf32> -> tensor<?x?x4x12xbf16>
  %argmax = nn.argmax %h : tensor<?x?x4x12xf32> -> tensor<?x?x4xi32>
  %values, %indices = nn.top_k %h : tensor<?x?x4x12xf32> -> tensor<?x?x4x3xf32>, tensor<?x?x4x3xi32>
  %table = nn.weight "head.table" : !nn.weight<12x7>
  %embedded = nn.embed %argmax, %table : tensor<?x?x4xi32>, !nn.weight<12x7> -> tensor<?x?x4x7xf32>
  %w = nn.weight "head.kernel" : !nn.weight<9x12>
  %narrow = nn.linear %h, %w : tensor<?x?x4x12xf32>, !nn.weight<9x12> -> tensor<?x?x4x9xf32>
  %placed = nn.transpose %y [0, 2, 1, 3] : tensor<?x?x4x12xf32> -> tensor<?x4x?x12xf32>
  %turned = nn.layer_norm %placed epsilon 1.0e-6 : tensor<?x4x?x12xf32> -> tensor<?x4x?x12xf32>
  %finer = nn.split_heads %h : tensor<?x?x4x12xf32> -> tensor<?x?x4x3x4xf32>
  %parts = nn.softmax %finer : tensor<?x?x4x3x4xf32> -> tensor<?x?x4x3x4xf32>
  return %layer, %rms, %l2, %softmax, %log_softmax, %gelu, %rounded, %argmax, %values, %indices, %embedded, %narrow, %turned, %parts
      : tensor<?x?x4x12xf32>, tensor<?x?x4x12xf32>, tensor<?x?x4x12xf32>, tensor<?x?x4x12xf32>, tensor<?x?x4x12xf32>,
        tensor<?x?x4x12xf32>, tensor<?x?x4x12xbf16>, tensor<?x?x4xi32>, tensor<?x?x4x3xf32>, tensor<?x?x4x3xi32>,
        tensor<?x?x4x7xf32>, tensor<?x?x4x9xf32>, tensor<?x4x?x12xf32>, tensor<?x?x4x3x4xf32>
}

// Retention as published: a group norm, each head a group, then a gain and a bias of each feature of each head.
func.func @retention(%q: tensor<?x?x4x16xf32> {nn.name = "q", nn.dims = ["B", "T", "4", "16"]}, %k: tensor<?x?x2x16xf32> {nn.name = "k", nn.dims = ["B", "T", "2", "16"]},
                     %v: tensor<?x?x2x20xf32> {nn.name = "v", nn.dims = ["B", "T", "2", "20"]}, %gamma: tensor<2xf32> {nn.name = "gamma", nn.dims = ["2"]})
    -> (tensor<?x?x80xf32> {nn.name = "y"}) {
  %s0 = attn.retention %q, %k : tensor<?x?x4x16xf32>, tensor<?x?x2x16xf32>
  %s1 = attn.decay %s0 by %gamma : tensor<2xf32>
  %s2 = attn.causal %s1
  %o = attn.none %s2, %v : tensor<?x?x2x20xf32> -> tensor<?x?x4x20xf32>
  %n = nn.layer_norm %o epsilon 1.0e-6 : tensor<?x?x4x20xf32> -> tensor<?x?x4x20xf32>
  %merged = nn.merge_heads %n : tensor<?x?x4x20xf32> -> tensor<?x?x80xf32>
  %gain = nn.weight "group_norm.gain" : !nn.weight<80>
  %bias = nn.weight "group_norm.bias" : !nn.weight<80>
  %scaled = nn.mul_vector %merged, %gain : tensor<?x?x80xf32>, !nn.weight<80>
  %y = nn.add_vector %scaled, %bias : tensor<?x?x80xf32>, !nn.weight<80>
  return %y : tensor<?x?x80xf32>
}
