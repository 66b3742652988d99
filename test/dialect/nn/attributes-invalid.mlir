// RUN: attn-opt %s --split-input-file --verify-diagnostics
//
// Attributes of the dialect on functions, arguments and results: what is misspelt or does not fit is refused.

// expected-error @+1 {{expects nn.dims of argument 0 to have 2 entries, but got 1}}
func.func @too_few_dims(%x: tensor<?x64xf32> {nn.dims = ["B"]}) { return }

// -----

// expected-error @+1 {{expects a name for the dynamic dimension 0 of argument 0, but got '4'}}
func.func @number_for_a_dynamic_dimension(%x: tensor<?x64xf32> {nn.dims = ["4", "64"]}) { return }

// -----

// One more than a name is the only sum, and caches and states have none: the runtime makes them by their names.
// expected-error @+1 {{expects a name for the dynamic dimension 0 of argument 1, but got 'B + 2'}}
func.func @other_sums(%x: tensor<?xi32> {nn.dims = ["B + 1"]}, %y: tensor<?xi32> {nn.dims = ["B + 2"]}) { return }

// -----

// expected-error @+1 {{expects a name for the dynamic dimension 0 of argument 0, but got 'B + 1'}}
func.func @sum_in_a_cache(%x: !attn.cache<?x?x1x16xf32> {nn.dims = ["B + 1", "C", "1", "16"]}) { return }

// -----

// expected-error @+1 {{expects '64' for the static dimension 1 of argument 0, but got 'D'}}
func.func @name_for_a_static_dimension(%x: tensor<?x64xf32> {nn.dims = ["B", "D"]}) { return }

// -----

// expected-error @+1 {{expects nn.dims on tensors, memrefs, caches and states, but argument 0 is 'f32'}}
func.func @dims_of_a_scalar(%x: f32 {nn.dims = []}) { return }

// -----

// expected-error @+1 {{expects nn.name of argument 0 to be a name, but got 3 : i64}}
func.func @name_that_is_a_number(%x: f32 {nn.name = 3}) { return }

// -----

// expected-error @+1 {{does not know the attribute nn.dim on argument 0}}
func.func @misspelt_attribute(%x: tensor<?xf32> {nn.dim = ["B"]}) { return }

// -----

// expected-error @+1 {{does not know the attribute nn.result on result 0}}
func.func private @result_mark_on_a_result() -> (tensor<4xf32> {nn.result})

// -----

// expected-error @+1 {{expects argument 0 to be the tokens of its task, (B, T) of i32}}
func.func private @tokens_that_are_floats(tensor<?x?xf32>, tensor<?xi32>) -> tensor<?x256xf32>
    attributes {nn.task = #nn.lm<tokens = 0, lengths = 1, logits = 0>}

// -----

// expected-error @+1 {{expects result 1 to be the logits of its task}}
func.func private @logits_that_are_not_there(tensor<?x?xi32>, tensor<?xi32>) -> tensor<?x256xf32>
    attributes {nn.task = #nn.lm<tokens = 0, lengths = 1, logits = 1>}

// -----

// expected-error @+1 {{expects nn.bounds to name dimensions of its arguments, but none is called 'S'}}
func.func private @bound_of_an_unknown_dimension(tensor<?xf32> {nn.dims = ["T"]}) attributes {nn.bounds = {S = 4}}

// -----

// expected-error @+1 {{expects the bound of 'T' to be positive, but got 0 : i64}}
func.func private @bound_of_zero(tensor<?xf32> {nn.dims = ["T"]}) attributes {nn.bounds = {T = 0}}

// -----

// expected-error @+1 {{does not know the attribute nn.tasks}}
func.func private @misspelt_task() attributes {nn.tasks = 1}
