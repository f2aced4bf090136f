//! What every page is: one file that holds everything, with the charts' library, in light and in dark.

use maud::{DOCTYPE, Markup, PreEscaped, html};

/// uPlot, which draws charts.
const UPLOT: &str = include_str!("../../assets/uplot/uPlot.iife.min.js");
const UPLOT_STYLE: &str = include_str!("../../assets/uplot/uPlot.min.css");
/// Tables, boxes, charts.
const STYLE: &str = include_str!("../../assets/page.css");
const CHARTS: &str = include_str!("../../assets/charts.js");
/// The browser itself holds the page to it.
const NOTHING_FROM_OUTSIDE: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/// A page, of its parts.
#[derive(Debug)]
pub struct Page<'p> {
    /// Of the browser's window.
    pub title: &'p str,
    /// What it needs besides the common style.
    pub style: &'p str,
    /// What stands above.
    pub header: Markup,
    /// What it is for.
    pub main: Markup,
    /// JSON, for the script.
    pub data: &'p str,
    /// What draws the charts.
    pub script: &'p str,
}

impl Page<'_> {
    /// As one file.
    pub fn html(&self) -> String {
        // No data can end the element that it stands in.
        let data = self.data.replace('<', "\\u003c");
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta http-equiv="Content-Security-Policy" content=(NOTHING_FROM_OUTSIDE);
                    title { (self.title) }
                    style { (PreEscaped(UPLOT_STYLE)) (PreEscaped(STYLE)) (PreEscaped(self.style)) }
                }
                body {
                    header { (self.header) }
                    main { (self.main) }
                    script type="application/json" id="data" { (PreEscaped(data)) }
                    @for script in [UPLOT, CHARTS, self.script] { script { (PreEscaped(script)) } }
                }
            }
        };
        page.into_string()
    }
}
