"""What foods are made of: tables, importers, search."""
