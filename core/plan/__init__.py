"""Mission plans: the model, its simulation, validation, repair and difference."""
