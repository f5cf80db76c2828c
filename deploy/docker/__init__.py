"""What the image and the compose stack need of their own. Standard library only."""
