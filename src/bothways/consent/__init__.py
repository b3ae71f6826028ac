"""Who may be contacted about whom, how and when: one queryset."""
