"""Pages about oneself and one's teams."""
