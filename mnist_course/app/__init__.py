"""Ways to meet the reader of digits: a drawing pad for notebooks, a web service, a window."""
