"""The walls around a student's process: limits of the kernel, and a /tmp of its own."""
