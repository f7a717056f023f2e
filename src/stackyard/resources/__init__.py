"""What each real part is, whatever the target: its settings from the model, its files, its probe."""
