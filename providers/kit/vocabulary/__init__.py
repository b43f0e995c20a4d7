"""Our words for what vendors do: frozen types and the protocols over them, one file for each kind of business."""
