/* SPDX-License-Identifier: MIT */
/* Characters that must not reach a terminal as they are. */
#include "report/format.h"

uint32_t th_report_code_point(const char *text, size_t len)
{
    const unsigned char *s = (const unsigned char *)text;
    if (len < 2) return s[0];
    uint32_t value = s[0] & (0x7Fu >> len);
    for (size_t i = 1; i < len; i++)
        value = value << 6 | (s[i] & 0x3Fu);
    return value;
}

bool th_report_is_unseen(uint32_t code_point)
{
    static const uint32_t ranges[][2] = {
        {0x0000, 0x001F}, /* control characters */
        {0x007F, 0x009F}, /* more of them, which some terminals obey */
        {0x00AD, 0x00AD}, /* soft hyphen */
        {0x034F, 0x034F}, /* grapheme joiner */
        {0x061C, 0x061C}, /* Arabic letter mark */
        {0x115F, 0x1160}, /* Hangul fillers */
        {0x17B4, 0x17B5}, /* Khmer vowels that are not written */
        {0x180E, 0x180E}, /* Mongolian vowel separator */
        {0x200B, 0x200B}, /* space of no width */
        {0x200E, 0x200F}, /* marks of direction */
        {0x2028, 0x202E}, /* ends of lines and paragraphs; embeddings and overrides of direction */
        {0x2060, 0x206F}, /* word joiner, invisible operators, isolates of direction, and others */
        {0x3164, 0x3164}, /* Hangul filler */
        {0xFEFF, 0xFEFF}, /* byte order mark */
        {0xFFA0, 0xFFA0}, /* Hangul filler */
        {0xFFF0, 0xFFFB}, /* unassigned ones, annotations */
        {0x1D173, 0x1D17A}, /* beams and slurs of music */
        {0xE0000, 0xE007F}, /* tags */
    };
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
        if (code_point >= ranges[i][0] && code_point <= ranges[i][1]) return true;
    return false;
}
