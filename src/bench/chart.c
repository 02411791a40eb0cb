/* SPDX-License-Identifier: MIT */
#include "bench/chart.h"

#include <math.h>

#include "report/format.h"

enum {
    WIDTH = 880,
    MARGIN = 28,
    LABELS = 250, /* width of the column of labels */
    VALUES = 150, /* room to the right of the longest bar */
    ROW = 34,
    BAR = 18,
    FOOTER_LINE = 16,
    FOOTER_COLUMNS = 128 /* characters that fit in a line of the footer */
};

static const double plot_left = MARGIN + LABELS;
static const double plot_width = WIDTH - 2 * MARGIN - LABELS - VALUES;

/* Classes with plain colours instead of variables: viewers that know no var() show the light
 * version. The hues of bars differ in lightness too, so that they stay apart without colour. */
static const char style[] =
    "<style>\n"
    "text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu "
    "Sans',sans-serif;font-size:13px;fill:#1f2328}\n"
    ".paper{fill:#ffffff;stroke:#d8dce2}.title{font-size:18px;font-weight:600}.muted{fill:#656d76;"
    "font-size:12px}\n"
    ".value{font-weight:600}.grid{stroke:#e4e7eb;stroke-width:1}.base{stroke:#8b949e;stroke-width:"
    "1}\n"
    ".whisker{stroke:#1f2328;stroke-width:1.5;stroke-opacity:.65;fill:none}\n"
    ".c0{fill:#8f97a1}.c1{fill:#2c6fd1}.c2{fill:#24996b}.c3{fill:#d9692b}\n"
    ".p0{fill:#6f7782}.p1{fill:#2c6fd1}.p2{fill:#d9692b}.p3{fill:#7a55c7}.p4{fill:#24996b}"
    ".p5{fill:#e0ac1f}.p6{fill:#b83280}.p7{fill:#12848c}\n"
    "@media "
    "(prefers-color-scheme:dark){text{fill:#e6edf3}.paper{fill:#15191f;stroke:#30363d}.muted{fill:#"
    "9aa4b0}\n"
    ".grid{stroke:#2a3038}.base{stroke:#6e7681}.whisker{stroke:#f0f3f6}\n"
    ".c0{fill:#7d8590}.c1{fill:#5a9bff}.c2{fill:#3fc28c}.c3{fill:#f08a4b}\n"
    ".p0{fill:#8b949e}.p1{fill:#5a9bff}.p2{fill:#f08a4b}.p3{fill:#a98bf0}.p4{fill:#3fc28c}"
    ".p5{fill:#ecc14a}.p6{fill:#e573b0}.p7{fill:#4fc3cc}}\n"
    "</style>\n";

double th_chart_step(double max, unsigned most)
{
    static const double steps[] = {1, 2, 5, 10};
    if (!(max > 0) || most == 0) return 1;
    const double power = pow(10, floor(log10(max / most)));
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (max / (steps[i] * power) <= most) return steps[i] * power;
    }
    return 10 * power;
}

/* ---- pieces ---- */

/* What XML 1.0 takes as text: markup escaped, control characters and bad UTF-8 replaced. */
static void add_text(struct th_bytes *b, const char *text)
{
    while (*text) {
        const size_t len = th_report_utf8_len(text);
        const unsigned char c = (unsigned char)*text;
        if (c == '&')
            th_bytes_adds(b, "&amp;");
        else if (c == '<')
            th_bytes_adds(b, "&lt;");
        else if (c == '>')
            th_bytes_adds(b, "&gt;");
        else if (c == '"')
            th_bytes_adds(b, "&quot;");
        else if (len == 0 || c < 0x20)
            th_bytes_adds(b, "\xEF\xBF\xBD");
        else
            th_bytes_add(b, text, len);
        text += len ? len : 1;
    }
}

static void add_number(struct th_bytes *b, const char *before, double value)
{
    th_bytes_adds(b, before);
    th_report_add_fixed(b, value, 1);
}

static void add_label(struct th_bytes *b, double x, double y, const char *attributes,
                      const char *text)
{
    add_number(b, "<text x=\"", x);
    add_number(b, "\" y=\"", y);
    th_bytes_addf(b, "\" %s>", attributes);
    add_text(b, text);
    th_bytes_adds(b, "</text>\n");
}

static void add_line(struct th_bytes *b, const char *class, double x1, double y1, double x2,
                     double y2)
{
    th_bytes_addf(b, "<path class=\"%s\" d=\"M", class);
    add_number(b, "", x1);
    add_number(b, " ", y1);
    add_number(b, "L", x2);
    add_number(b, " ", y2);
    th_bytes_adds(b, "\"/>\n");
}

static void add_rect(struct th_bytes *b, char kind, unsigned colour, double x, double y,
                     double width, double height, double radius)
{
    th_bytes_addf(b, "<rect class=\"%c%u\"", kind, colour);
    add_number(b, " x=\"", x);
    add_number(b, "\" y=\"", y);
    add_number(b, "\" width=\"", width);
    add_number(b, "\" height=\"", height);
    add_number(b, "\" rx=\"", radius);
    th_bytes_adds(b, "\"/>\n");
}

/* ---- first panel: values ---- */

static double largest(const struct th_chart *chart)
{
    double max = 0;
    for (size_t i = 0; i < chart->n_bars; i++) {
        max = fmax(max, chart->bars[i].value);
        if (chart->bars[i].high > chart->bars[i].low) max = fmax(max, chart->bars[i].high);
    }
    return max > 0 ? max : 1;
}

static void add_axis(const struct th_chart *chart, double top, double bottom, double max,
                     struct th_bytes *b)
{
    const double step = th_chart_step(max, 6);
    const unsigned decimals = step >= 1 ? 0 : step >= 0.1 ? 1 : step >= 0.01 ? 2 : 3;
    for (unsigned i = 0; i * step <= max * 1.0001; i++) {
        const double x = plot_left + i * step / max * plot_width;
        struct th_bytes text = {0};
        th_report_add_fixed(&text, i * step, decimals);
        add_line(b, i ? "grid" : "base", x, top, x, bottom);
        add_label(b, x, bottom + 16, "class=\"muted\" text-anchor=\"middle\"", th_bytes_str(&text));
        th_bytes_finish(&text);
    }
    if (chart->unit)
        add_label(b, plot_left + plot_width + 14, bottom + 16, "class=\"muted\"", chart->unit);
}

static void add_whisker(double y, double from, double to, struct th_bytes *b)
{
    add_line(b, "whisker", from, y, to, y);
    add_line(b, "whisker", from, y - 4, from, y + 4);
    add_line(b, "whisker", to, y - 4, to, y + 4);
}

static void add_bar(const struct th_chart *chart, const struct th_chart_bar *bar, double y,
                    double max, struct th_bytes *b)
{
    const double middle = y + ROW / 2.0, width = fmax(bar->value / max * plot_width, 1);
    const bool whisker = bar->high > bar->low;
    double end = width;
    add_label(b, plot_left - 12, middle + 4.5, "text-anchor=\"end\"", bar->label);
    add_rect(b, 'c', bar->colour % TH_CHART_N_COLOURS, plot_left, middle - BAR / 2.0, width, BAR,
             2);
    if (whisker) {
        end = fmax(end, bar->high / max * plot_width);
        add_whisker(middle, plot_left + bar->low / max * plot_width,
                    plot_left + bar->high / max * plot_width, b);
    }
    add_number(b, "<text class=\"value\" x=\"", plot_left + end + 10);
    add_number(b, "\" y=\"", middle + 4.5);
    th_bytes_adds(b, "\">");
    th_report_add_fixed(b, bar->value, chart->decimals);
    if (bar->beside) {
        th_bytes_adds(b, "<tspan class=\"muted\" dx=\"8\" font-weight=\"400\">");
        add_text(b, bar->beside);
        th_bytes_adds(b, "</tspan>");
    }
    th_bytes_adds(b, "</text>\n");
}

/* ---- second panel: parts ---- */

static double add_legend(const struct th_chart *chart, double y, struct th_bytes *b)
{
    double x = plot_left;
    for (size_t i = 0; i < chart->n_parts; i++) {
        size_t len = 0;
        while (chart->part_names[i][len])
            len++;
        add_rect(b, 'p', (unsigned)i, x, y - 10, 12, 12, 2);
        add_label(b, x + 17, y, "class=\"muted\"", chart->part_names[i]);
        x += 17 + (double)len * 7 + 18;
    }
    return y + 14;
}

static void add_parts(const struct th_chart *chart, const struct th_chart_bar *bar, double y,
                      struct th_bytes *b)
{
    const double width = plot_width + VALUES - 10, middle = y + ROW / 2.0;
    double x = plot_left;
    add_label(b, plot_left - 12, middle + 4.5, "text-anchor=\"end\"", bar->label);
    for (size_t i = 0; i < chart->n_parts; i++) {
        const double part = bar->parts[i] * width;
        /* A gap of a pixel and a half tells neighbours apart; slivers thinner than that are left
         * out. */
        if (part > 1.5) add_rect(b, 'p', (unsigned)i, x, middle - BAR / 2.0, part - 1.5, BAR, 1);
        x += part;
    }
}

/* ---- the whole ---- */

/* The footer in lines of at most FOOTER_COLUMNS, cut at blanks; returns the y behind it. With b
 * NULL it only counts. */
static double add_footer(const char *text, double y, struct th_bytes *b)
{
    while (text && *text) {
        size_t len = 0, cut = 0;
        while (text[len] && len < FOOTER_COLUMNS) {
            if (text[len] == ' ') cut = len;
            len++;
        }
        if (text[len] && cut > 0) len = cut;
        /* Where there was no blank to cut at, at least not within a character. */
        while (text[len] && ((unsigned char)text[len] & 0xC0) == 0x80)
            len++;
        struct th_bytes line = {0};
        th_bytes_add(&line, text, len);
        if (b) add_label(b, MARGIN, y, "class=\"muted\"", th_bytes_str(&line));
        th_bytes_finish(&line);
        y += FOOTER_LINE;
        text += len;
        while (*text == ' ')
            text++;
    }
    return y;
}

void th_chart_svg(const struct th_chart *chart, struct th_bytes *b)
{
    const double bars_height = (double)chart->n_bars * ROW, max = largest(chart);
    const double bars_top = MARGIN + 62, bars_bottom = bars_top + bars_height + 4;
    const double parts_top = bars_bottom + 64;
    double end = bars_bottom + 42;
    if (chart->parts_title) end = parts_top + 22 + bars_height + 18;
    const double height = add_footer(chart->footer, end + 6, NULL) + (chart->footer ? 10 : 0);

    add_number(b, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 880 ", height);
    add_number(b, "\" width=\"880\" height=\"", height);
    th_bytes_adds(b, "\" role=\"img\" data-made-by=\"thumbs\">\n<title>");
    add_text(b, chart->title);
    th_bytes_adds(b, "</title>\n");
    th_bytes_adds(b, style);
    add_number(b, "<rect class=\"paper\" x=\"0.5\" y=\"0.5\" width=\"879\" rx=\"8\" height=\"",
               height - 1);
    th_bytes_adds(b, "\"/>\n");
    add_label(b, MARGIN, MARGIN + 12, "class=\"title\"", chart->title);
    if (chart->subtitle) add_label(b, MARGIN, MARGIN + 34, "class=\"muted\"", chart->subtitle);

    add_axis(chart, bars_top, bars_bottom, max, b);
    for (size_t i = 0; i < chart->n_bars; i++)
        add_bar(chart, &chart->bars[i], bars_top + (double)i * ROW + 2, max, b);
    if (chart->parts_title) {
        add_label(b, plot_left - 12, parts_top, "class=\"value\" text-anchor=\"end\"",
                  chart->parts_title);
        const double top = add_legend(chart, parts_top, b);
        for (size_t i = 0; i < chart->n_bars; i++)
            add_parts(chart, &chart->bars[i], top + (double)i * ROW, b);
    }
    add_footer(chart->footer, end + 6, b);
    th_bytes_adds(b, "</svg>\n");
}
