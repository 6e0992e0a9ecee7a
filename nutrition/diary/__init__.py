"""What was eaten: meals, recipes, targets, days and weeks."""
