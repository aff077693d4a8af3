"""One module a picture: its declaration, and how it is drawn. To add one, see `multistart.figures.picture.Picture`."""
