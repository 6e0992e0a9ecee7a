"""What a curve says in words: steps in time, or settings that were tried beside each other."""

from mlops.views.figures import curve_figures, overlay_figures

EPOCHS = [{"epoch": 1.0, "val_accuracy": 0.5}, {"epoch": 2.0, "val_accuracy": 0.75}]
STRENGTHS = [{"epoch": 1.0, "strength": 0.1, "val_accuracy": 0.9}, {"epoch": 2.0, "strength": 1.0, "val_accuracy": 0.4}]


def test_a_training_ends_where_its_last_epoch_ended():
    (figure,) = curve_figures(EPOCHS)
    assert figure.summary == "After 2 epochs: validation accuracy 0.75."
    assert figure.columns[0] == "Epoch"


def test_strengths_tried_are_no_epochs_and_the_last_of_them_is_not_the_result():
    (figure,) = curve_figures(STRENGTHS)
    assert figure.summary == "2 strengths tried: validation accuracy 0.4 to 0.9."
    assert figure.columns[0] == "Strength tried"


def test_both_in_one_drawing_are_steps():
    (figure,) = overlay_figures([("a", EPOCHS), ("b", STRENGTHS)])
    assert figure.summary == "After 2 steps: a: validation accuracy 0.75, b: validation accuracy 0.4."
