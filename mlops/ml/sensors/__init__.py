"""Movement sensors: layouts, readers, data sets and the classifiers of windows."""
