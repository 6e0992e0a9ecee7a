"""Numbers that scripts write for people: in the marks of the page's language (no site, no network)."""


def test_scripts_write_numbers_in_the_language_of_the_page(run):
    code = """async (module, language) => {
        document.documentElement.lang = language;
        const { percent, number, clock, bytes } = await import(`/static/web/format.js?${language}`);
        return [percent(0.973), number(-1.5), clock(75.34, 2), bytes(8.4e6), (1.5).toFixed(1)];
    }"""
    assert run("../web/format.js", code, "de") == ["97,3 %", "−1,50", "1:15,34", "8,4 MB", "1.5"]
    assert run("../web/format.js", code, "en") == ["97.3 %", "−1.50", "1:15.34", "8.4 MB", "1.5"]
