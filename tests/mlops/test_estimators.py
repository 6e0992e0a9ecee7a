"""What forms know about estimators is what the code says."""

import json

import pytest
from django.core.exceptions import ValidationError

from mlops.kinds.estimators import FILE, config_check, estimator_infos, estimators_describe


def test_the_description_is_up_to_date():
    assert json.loads(FILE.read_text("utf-8")) == estimators_describe(), "run: manage.py describe_estimators"


@pytest.mark.parametrize("name", sorted(estimator_infos()))
def test_every_option_is_explained_and_its_default_allowed(name):
    info = estimator_infos()[name]
    assert info.title
    assert info.summary
    assert all(option.help for option in info.options)
    assert config_check(estimator=name, values={}) == {option.name: option.default for option in info.options}


def test_whole_numbers_may_come_as_floats_from_json():
    option = next(option for option in estimator_infos()["bilstm"].options if option.kind == "int")
    assert config_check(estimator="bilstm", values={option.name: float(option.default)})[option.name] == option.default
    with pytest.raises(ValidationError):
        config_check(estimator="bilstm", values={option.name: option.default + 0.5})
