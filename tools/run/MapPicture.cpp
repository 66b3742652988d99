//===- MapPicture.cpp - a picture of attention maps ---===//

#include "tools/run/AttentionMaps.h"

#include <png.h>

#include <algorithm>
#include <cmath>

namespace attn::run {

/// Pixels of a side of a map: longer ones are reduced to at most this, shorter ones enlarged to about half of it.
static constexpr int64_t mapPixels = 256;
static constexpr int64_t gap = 4;
static constexpr int64_t largestSide = 32768;

namespace {

struct Color {
  double red, green, blue;
};

/// How many elements become a pixel, or how many pixels an element becomes.
struct Zoom {
  explicit Zoom(int64_t rows, int64_t keys) {
    int64_t side = std::max<int64_t>({rows, keys, 1});
    reduce = (side + mapPixels - 1) / mapPixels;
    enlarge = reduce > 1 ? 1 : std::max<int64_t>(1, mapPixels / 2 / side);
  }
  int64_t pixels(int64_t elements) const { return (elements + reduce - 1) / reduce * enlarge; }

  int64_t reduce, enlarge;
};

} // namespace

/// From black over red and yellow to white for weights above 0, over blue and cyan for those below.
static Color colorOf(double weight) {
  double x = std::sqrt(std::min(1.0, std::fabs(weight))) * 3;
  auto ramp = [&](double from) { return std::clamp(x - from, 0.0, 1.0); };
  return weight >= 0 ? Color{ramp(0), ramp(1), ramp(2)} : Color{ramp(2), ramp(1), ramp(0)};
}

/// One head of the first sequence, relative to its largest weight; a pixel of several elements shows the largest of
/// them.
static void drawHead(const AttentionMap &map, int64_t head, const Zoom &zoom, Picture &picture, int64_t left,
                     int64_t top) {
  double largest = 0;
  for (int64_t t = 0; t < map.rows; ++t)
    for (int64_t j = 0; j < map.keys; ++j)
      largest = std::max<double>(largest, std::fabs(map.row(0, head, t)[j]));
  for (int64_t y = 0; y < zoom.pixels(map.rows); ++y) {
    for (int64_t x = 0; x < zoom.pixels(map.keys); ++x) {
      double shown = 0;
      int64_t firstRow = y / zoom.enlarge * zoom.reduce, firstKey = x / zoom.enlarge * zoom.reduce;
      for (int64_t t = firstRow; t < std::min(firstRow + zoom.reduce, map.rows); ++t)
        for (int64_t j = firstKey; j < std::min(firstKey + zoom.reduce, map.keys); ++j)
          if (double weight = map.row(0, head, t)[j]; std::fabs(weight) > std::fabs(shown))
            shown = weight;
      Color color = colorOf(largest > 0 ? shown / largest : 0);
      uint8_t *pixel = &picture.pixels[((top + y) * picture.width + left + x) * 3];
      pixel[0] = static_cast<uint8_t>(std::lround(255 * color.red));
      pixel[1] = static_cast<uint8_t>(std::lround(255 * color.green));
      pixel[2] = static_cast<uint8_t>(std::lround(255 * color.blue));
    }
  }
}

Result<Picture> drawMaps(const std::vector<AttentionMap> &maps) {
  Picture picture;
  picture.height = gap;
  for (const AttentionMap &map : maps) {
    Zoom zoom(map.rows, map.keys);
    picture.width = std::max(picture.width, gap + map.heads * (zoom.pixels(map.keys) + gap));
    picture.height += zoom.pixels(map.rows) + gap;
  }
  if (picture.width > largestSide || picture.height > largestSide)
    return failure(Code::unsupported,
                   "a picture of %zu maps would be %lld by %lld pixels, and the limit is %lld; write them to a .npy",
                   maps.size(), static_cast<long long>(picture.width), static_cast<long long>(picture.height),
                   static_cast<long long>(largestSide));
  picture.pixels.assign(static_cast<size_t>(picture.width * picture.height * 3), 96);
  int64_t top = gap;
  for (const AttentionMap &map : maps) {
    Zoom zoom(map.rows, map.keys);
    for (int64_t h = 0; map.sequences > 0 && h < map.heads; ++h)
      drawHead(map, h, zoom, picture, gap + h * (zoom.pixels(map.keys) + gap), top);
    top += zoom.pixels(map.rows) + gap;
  }
  return picture;
}

Result<std::vector<uint8_t>> encodePng(const Picture &picture) {
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(picture.width);
  image.height = static_cast<png_uint_32>(picture.height);
  image.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::vector<uint8_t> bytes(size);
  if (!png_image_write_to_memory(&image, bytes.data(), &size, 0, picture.pixels.data(), 0, nullptr))
    return failure(Code::io, "the picture cannot be encoded: %s", image.message);
  bytes.resize(size);
  return bytes;
}

} // namespace attn::run
