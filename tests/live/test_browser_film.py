"""The film of the first page (no site, no network)."""


def test_it_stands_still_for_who_asked_for_less_motion(run):
    code = """async (module, calm) => {
        window.matchMedia = () => ({ matches: calm, addEventListener() {} });
        document.body.innerHTML = "<figure data-moving><video muted></video><button hidden></button></figure>";
        let played = 0;
        HTMLMediaElement.prototype.play = async () => { played += 1; };
        await import(`/static/web/moving.js?${calm}`);
        const button = document.querySelector("button");
        const named = [button.hidden, button.getAttribute("aria-label")];
        const before = played;
        button.click();
        return [before, played, ...named];
    }"""
    assert run("../web/dom.js", code, True) == [0, 1, False, "Play the film"]
    assert run("../web/dom.js", code, False)[0] == 1
