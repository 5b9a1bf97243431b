"""What an author declares: the models and words that `app/addon` is written in."""
