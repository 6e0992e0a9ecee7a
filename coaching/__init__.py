"""The coach that answers from a person's own data. Built after the house, the live loop and the engine stand."""
