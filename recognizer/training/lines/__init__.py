"""The line network: synthetic handwritten numbers on drawn paper, and the network that reads them uncut."""
