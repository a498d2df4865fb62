"""The procedural world: captioned pictures of simple subjects in nine colours and seven styles."""

from assay.kit.world.scene import Scene, caption, draw_scene, random_scene, style_set, unstyled

__all__ = ["Scene", "caption", "draw_scene", "random_scene", "style_set", "unstyled"]
