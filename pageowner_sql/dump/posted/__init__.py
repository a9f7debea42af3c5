"""Kernel text as people post it -> the text that the kernel printed, for the strict readers."""
