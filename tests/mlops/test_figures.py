"""What a curve says in words: steps in time, or settings that were tried beside each other."""

from django.template.loader import render_to_string

from mlops.figures.figures import curve_figures, overlay_figures

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


def test_rows_without_an_epoch_are_stages_and_large_numbers_fit_beside_the_axis():
    figures = curve_figures([{"log_likelihood": -1234.5, "train_c_index": 0.7}])
    assert {figure.columns[0] for figure in figures} == {"Stage"}
    figure = next(figure for figure in figures if "likelihood" in figure.title)
    assert figure.summary == "After 1 stage: log likelihood −1,234."
    assert [text for _, text in figure.y_ticks] == ["−1,500", "−1,000", "−500", "0"]
    room = 3.25 * 16 - 8  # .plot-values in css/charts.css
    assert all(7 * len(text) <= room for _, text in figure.y_ticks)


def test_one_point_is_a_dot_with_its_value():
    (figure,) = curve_figures([{"epoch": 1.0, "train_accuracy": 0.625, "val_accuracy": 0.5}])
    assert figure.summary == "After 1 epoch: validation accuracy 0.5, training accuracy 0.625."
    assert [line.dot.text for line in figure.lines] == ["0.5", "0.625"], "held out first"
    assert {line.dot.x for line in figure.lines} == {50}, "on the axis it would not be seen"
    assert [line.dot.anchor for line in figure.lines] == ["start", "end"], "two at one place stay apart"
    assert [text for _, text in figure.x_ticks] == ["1"]
    drawn = render_to_string("mlops/curve_figure.html", {"figure": figure})
    assert "polyline" not in drawn
    assert drawn.count("<circle") == 2
    assert ">0.625</text>" in drawn


def test_a_dot_beside_a_line_stays_inside_the_drawing():
    (figure,) = overlay_figures([("a", EPOCHS), ("b", EPOCHS[1:])])
    line, dot = figure.lines
    assert line.dot is None
    assert (dot.dot.x, dot.dot.anchor) == (100, "end")
    drawn = render_to_string("mlops/curve_figure.html", {"figure": figure})
    assert (drawn.count("<polyline"), drawn.count("<circle")) == (1, 1)


def test_side_by_side_training_is_never_drawn_against_validation():
    trained, judged = [{"epoch": 1.0, "train_accuracy": 0.99}], [{"epoch": 1.0, "val_accuracy": 0.6, "train_loss": 1.0}]
    figures = overlay_figures([("a", trained), ("b", judged)])
    titles = [figure.title for figure in figures]
    assert titles == ["Accuracy, validation", "Accuracy, training", "Loss, training"]
    for figure in figures:
        assert len({line.title.split(": ")[1].split()[0] for line in figure.lines}) == 1
    assert [line.title for line in figures[0].lines] == ["b: validation accuracy"]
