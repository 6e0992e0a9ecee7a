"""What lists of the engine room are filtered by alike."""

from django_filters import rest_framework as filters


class OfTaskFilter(filters.FilterSet):
    """?task=<name>: rows that belong to one Task. A subclass names its model and adds its own parameters."""

    task = filters.CharFilter(field_name="task__name", max_length=64)
