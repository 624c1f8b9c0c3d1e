"""What finds the nearest vectors, behind one seam."""
