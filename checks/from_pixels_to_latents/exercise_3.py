"""Declares the mistakes and variants of exercise 3: counting values and places."""

from assay.proof import Edit, Mistake, Variant

VALUES = "the-values-were-counted"
COMPRESSION = "the-compression-ratio-counts-values"
PLACES = "the-places-were-counted"
SPATIAL = "the-spatial-ratio-counts-places"
CAPSTONE = "the-capstone-was-compared"

PIXELS = "pixel_values = 512 * 512 * 3"
LATENTS = "latent_values = 64 * 64 * 4"
RATIO = "compression_ratio = pixel_values / latent_values"
AREA = "pixel_spatial_area = 512 * 512"
LATENT_AREA = "latent_spatial_area = 64 * 64"
SPATIAL_RATIO = "spatial_ratio = pixel_spatial_area / latent_spatial_area"
BIG = "pixel_vs_capstone = pixel_spatial_area / capstone_spatial_area"
SAID = "512x512 has {pixel_vs_capstone:.1f} times"
SMALL = "latent_vs_capstone = latent_spatial_area / capstone_spatial_area"


def _wrong(name: str, *edits: Edit, caught_by: set[str]) -> Mistake:
    return Mistake(name, 3, edits, frozenset(caught_by))


def _right(name: str, *edits: Edit) -> Variant:
    return Variant(name, 3, edits)


MISTAKES = (
    _wrong(
        "the two ratios are swapped",
        Edit(RATIO, "compression_ratio = 512 * 512 / (64 * 64)"),
        Edit(SPATIAL_RATIO, "spatial_ratio = pixel_values / latent_values"),
        caught_by={COMPRESSION, SPATIAL},
    ),
    _wrong(
        "the picture's channels are forgotten",
        Edit(PIXELS, "pixel_values = 512 * 512"),
        caught_by={VALUES, COMPRESSION},
    ),
    _wrong(
        "the latent's channels are forgotten",
        Edit(LATENTS, "latent_values = 64 * 64"),
        caught_by={VALUES, COMPRESSION},
    ),
    _wrong(
        "the latent has three channels",
        Edit(LATENTS, "latent_values = 64 * 64 * 3"),
        caught_by={VALUES, COMPRESSION},
    ),
    _wrong(
        "the ratio upside down",
        Edit(RATIO, "compression_ratio = latent_values / pixel_values"),
        caught_by={COMPRESSION},
    ),
    _wrong(
        "values where places are asked for",
        Edit(AREA, "pixel_spatial_area = 512 * 512 * 3"),
        caught_by={PLACES, SPATIAL, CAPSTONE},
    ),
    _wrong("the side, not the area", Edit(SPATIAL_RATIO, "spatial_ratio = 512 / 64"), caught_by={SPATIAL}),
    _wrong("rounded, and nobody is told", Edit(BIG, "pixel_vs_capstone = 335"), caught_by={CAPSTONE}),
    _wrong(
        "rounded to two digits, however it is said",
        Edit(BIG, "pixel_vs_capstone = 340"),
        Edit(SAID, "512x512 has about {pixel_vs_capstone} times"),
        caught_by={CAPSTONE},
    ),
    _wrong(
        "rounded with the point in another place",
        Edit(BIG, "pixel_vs_capstone = 33.5"),
        Edit(SAID, "512x512 has about {pixel_vs_capstone} times"),
        caught_by={CAPSTONE},
    ),
    _wrong(
        "rounded until one digit is left",
        Edit(SMALL, "latent_vs_capstone = 5"),
        Edit("64x64 only {latent_vs_capstone:.1f} times", "64x64 only about {latent_vs_capstone} times"),
        caught_by={CAPSTONE},
    ),
    _wrong(
        "whole numbers only",
        Edit(SMALL, "latent_vs_capstone = latent_spatial_area // capstone_spatial_area"),
        caught_by={CAPSTONE},
    ),
    _wrong(
        "the capstone's side, not its area",
        Edit("capstone_spatial_area = 28 * 28", "capstone_spatial_area = 28"),
        caught_by={CAPSTONE},
    ),
    _wrong(
        "values compared with the capstone's places",
        Edit(SMALL, "latent_vs_capstone = latent_values / capstone_spatial_area"),
        caught_by={CAPSTONE},
    ),
    _wrong(
        "left out",
        Edit(SPATIAL_RATIO + "\n", "spatial_ratio = None\n"),
        Edit("{spatial_ratio:.0f}", "?"),
        caught_by={SPATIAL},
    ),
)

VARIANTS = (
    _right("whole numbers where they are whole", Edit(RATIO, "compression_ratio = pixel_values // latent_values")),
    _right(
        "by NumPy",
        Edit(PIXELS, "pixel_values = np.prod((512, 512, 3))"),
        Edit(LATENTS, "latent_values = np.prod((4, 64, 64))"),
    ),
    _right(
        "counted on tensors",
        Edit(PIXELS, "pixel_values = torch.empty(1, 3, 512, 512).numel()"),
        Edit(SPATIAL_RATIO, "spatial_ratio = torch.tensor(512.0) * 512 / (64 * 64)"),
        Edit(BIG, "pixel_vs_capstone = torch.tensor(512.0) ** 2 / capstone_spatial_area"),
    ),
    _right(
        "in other names",
        Edit(AREA, "places = 512**2"),
        Edit(SPATIAL_RATIO, "fewer = places / latent_spatial_area"),
        Edit("{pixel_spatial_area:,} places", "{places:,} places"),
        Edit("{spatial_ratio:.0f}", "{fewer:.0f}"),
        Edit(BIG, "pixel_vs_capstone = places / capstone_spatial_area"),
    ),
    _right(
        "rounded up, and said so",
        Edit(BIG, "pixel_vs_capstone = 335"),
        Edit(SAID, "512x512 has about {pixel_vs_capstone} times"),
    ),
    _right(
        "rounded beside the quotient itself",
        Edit(BIG, "quotient = pixel_spatial_area / capstone_spatial_area\npixel_vs_capstone = round(quotient)"),
        Edit(SAID, "512x512 has {quotient:.2f} or {pixel_vs_capstone} times"),
    ),
    _right(
        "rounded to two decimals",
        Edit(SMALL, SMALL.replace("= ", "= round(") + ", 2)"),
        Edit("64x64 only {latent_vs_capstone:.1f} times", "64x64 only {latent_vs_capstone} times (rounded)"),
    ),
    _right(
        "by a function",
        Edit(AREA, "def area(side):\n    return side * side\n\n\npixel_spatial_area = area(512)"),
        Edit(LATENT_AREA, "latent_spatial_area = area(64)"),
    ),
)
