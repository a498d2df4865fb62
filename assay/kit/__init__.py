"""The kit: stand-in models and data, in a folder that notebooks meet instead of the Hugging Face hub."""

from assay.kit.cache import build_kit, ensure_kit, train_kit
from assay.kit.layout import Kit
from assay.kit.verify import Finding, show_kit, verify_kit

__all__ = ["Finding", "Kit", "build_kit", "ensure_kit", "show_kit", "train_kit", "verify_kit"]
