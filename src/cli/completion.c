/* SPDX-License-Identifier: MIT */
/* completion.c - completions for bash, zsh and fish, from the option table. */
#include <string.h>

#include "cli/manual.h"
#include "cli/option_table.h"

static const char *const command_words[CLI_N_COMMANDS] = {
    [CLI_COMMAND_RUN] = "run", [CLI_COMMAND_BENCH] = "bench", [CLI_COMMAND_MERGE] = "merge"};

/* ---- what a shell wants to know of an option --------------------------------------------------
 */

enum value_kind {
    VALUE_NONE,     /* a flag */
    VALUE_OPTIONAL, /* may be left out, and then stands only behind '=' */
    VALUE_NEEDED
};

static enum value_kind value_kind(const struct cli_option *option)
{
    if (!option->value) return VALUE_NONE;
    return *option->value == '[' ? VALUE_OPTIONAL : VALUE_NEEDED;
}

static bool takes_file(const struct cli_option *option)
{
    return option->value && strcmp(option->value, "FILE") == 0;
}

/* Append the words that an option takes, with blanks between; nothing where any text may stand. */
static void add_choices(struct th_bytes *b, const struct cli_option *option)
{
    const struct cli_target *to = &option->to;
    const struct cli_word *word = to->list ? to->list->words : to->words;
    if (to->choices) th_bytes_adds(b, to->choices);
    for (bool first = true; word && word->text; word++) {
        if (!word->built) continue;
        th_bytes_addf(b, "%s%s", first ? "" : " ", word->text);
        first = false;
    }
}

static bool has_choices(const struct cli_option *option)
{
    return option->to.choices || option->to.words || (option->to.list && option->to.list->words);
}

/* One clause on an option: its line of the short help, or how the long one begins. */
static size_t clause_len(const char *text)
{
    size_t len = 0;
    while (text[len] && text[len] != ':' && text[len] != ';' &&
           !(text[len] == '.' && (text[len + 1] == ' ' || text[len + 1] == '\0')))
        len++;
    return len;
}

static const char *clause(const struct cli_option *option, size_t *len)
{
    const char *text = option->brief ? option->brief : option->help;
    *len = option->brief ? strlen(text) : clause_len(text);
    return text;
}

/* Append the clause with a backslash before each of `special`, a quote as quoting shells want it.
 */
static void add_clause(struct th_bytes *b, const struct cli_option *option, const char *special,
                       const char *quote)
{
    size_t len;
    const char *text = clause(option, &len);
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\'')
            th_bytes_adds(b, quote);
        else
            th_bytes_addf(b, "%s%c", strchr(special, text[i]) ? "\\" : "", text[i]);
    }
}

/* Those of a command that are told of; the count. */
static size_t options_of(enum cli_command command, const struct cli_option **out)
{
    const struct cli_option *all[CLI_MAX_OPTIONS];
    const size_t n_all = cli_options_of(command, all);
    size_t n = 0;
    for (size_t i = 0; i < n_all; i++) {
        if (all[i]->help) out[n++] = all[i];
    }
    return n;
}

/* ---- bash -------------------------------------------------------------------------------------
 */

static const char bash_begin[] =
    "# bash completion of thumbs. Made from its table of options.\n"
    "_thumbs() {\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "    local command=run key words='' head=''\n"
    "    [[ ${COMP_WORDS[1]} =~ ^(bench|merge)$ && $COMP_CWORD -gt 1 ]] && "
    "command=${COMP_WORDS[1]}\n"
    "    # Bash takes --fit=cover for three words.\n"
    "    key=$command:$prev\n"
    "    if [[ $cur == = ]]; then\n"
    "        key+='=' cur=''\n"
    "    elif [[ $prev == = && $COMP_CWORD -gt 1 ]]; then\n"
    "        key=$command:${COMP_WORDS[COMP_CWORD - 2]}=\n"
    "    fi\n"
    "    COMPREPLY=()\n"
    "    case $key in\n";

static const char bash_values[] =
    "    esac\n"
    "    if [[ -n $words ]]; then\n"
    "        # Behind a comma comes the next of a list.\n"
    "        [[ $cur == *,* ]] && head=${cur%,*},\n"
    "        mapfile -t COMPREPLY < <(compgen -P \"$head\" -W \"$words\" -- \"${cur##*,}\")\n"
    "        return\n"
    "    fi\n"
    "    case $command in\n";

static const char bash_end[] =
    "    esac\n"
    "    if [[ $cur == -* ]]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
    "        [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace\n"
    "        return\n"
    "    fi\n"
    "    compopt -o filenames\n"
    "    mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
    "    [[ $COMP_CWORD -ne 1 ]] || mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(\n"
    "        compgen -W 'bench merge' -- \"$cur\")\n"
    "}\n"
    "complete -F _thumbs thumbs\n";

/* The pattern of a value: "run:--size= | run:--size | run:-s)". */
static void add_bash_pattern(struct th_bytes *b, const char *command,
                             const struct cli_option *option)
{
    th_bytes_addf(b, "    %s:--%s=", command, option->name);
    if (value_kind(option) == VALUE_NEEDED) th_bytes_addf(b, " | %s:--%s", command, option->name);
    if (option->letter) th_bytes_addf(b, " | %s:-%c", command, option->letter);
    th_bytes_adds(b, ") ");
}

static void add_bash_value(struct th_bytes *b, const char *command, const struct cli_option *option)
{
    if (value_kind(option) == VALUE_NONE) return;
    add_bash_pattern(b, command, option);
    if (has_choices(option)) {
        th_bytes_adds(b, "words='");
        add_choices(b, option);
        th_bytes_adds(b, "' ;;\n");
    } else if (takes_file(option)) {
        th_bytes_adds(b, "compopt -o filenames && "
                         "mapfile -t COMPREPLY < <(compgen -f -- \"$cur\") && return ;;\n");
    } else {
        th_bytes_adds(b, "return ;;\n");
    }
}

void cli_completion_bash(struct th_bytes *b)
{
    const struct cli_option *options[CLI_MAX_OPTIONS];
    th_bytes_adds(b, bash_begin);
    for (int command = 0; command < CLI_N_COMMANDS; command++) {
        const size_t n = options_of((enum cli_command)command, options);
        for (size_t i = 0; i < n; i++)
            add_bash_value(b, command_words[command], options[i]);
    }
    th_bytes_adds(b, bash_values);
    for (int command = 0; command < CLI_N_COMMANDS; command++) {
        const size_t n = options_of((enum cli_command)command, options);
        th_bytes_addf(b, "    %s) words='", command_words[command]);
        for (size_t i = 0; i < n; i++)
            th_bytes_addf(b, "%s--%s%s", i > 0 ? " " : "", options[i]->name,
                          value_kind(options[i]) == VALUE_NEEDED ? "=" : "");
        th_bytes_adds(b, "' ;;\n");
    }
    th_bytes_adds(b, bash_end);
}

/* ---- zsh --------------------------------------------------------------------------------------
 */

static const char zsh_begin[] = "#compdef thumbs\n"
                                "# zsh completion of thumbs. Made from its table of options.\n"
                                "_thumbs() {\n"
                                "  local -a run bench merge\n";

static const char zsh_end[] =
    "  if (( CURRENT > 2 )) && [[ $words[2] == (bench|merge) ]]; then\n"
    "    local command=$words[2]\n"
    "    shift words\n"
    "    (( CURRENT-- ))\n"
    "    _arguments -S : ${(P)command} '*: :_files'\n"
    "  elif (( CURRENT == 2 )) && [[ $PREFIX != -* ]]; then\n"
    "    _alternative 'commands:command:(bench merge)' 'files:file:_files'\n"
    "  else\n"
    "    _arguments -S : $run '*: :_files'\n"
    "  fi\n"
    "}\n"
    "_thumbs \"$@\"\n";

/* A specification of _arguments: '(-f --format)'{-f+,--format=}'[clause]:F:(jpeg png)'. */
static void add_zsh_option(struct th_bytes *b, const struct cli_option *option)
{
    const enum value_kind kind = value_kind(option);
    const char *behind = kind == VALUE_NONE ? "" : kind == VALUE_OPTIONAL ? "=-" : "=";
    th_bytes_adds(b, "    ");
    if (option->letter)
        th_bytes_addf(b, "{-%c%s,--%s%s}'[", option->letter, kind == VALUE_NONE ? "" : "+",
                      option->name, behind);
    else
        th_bytes_addf(b, "'--%s%s[", option->name, behind);
    add_clause(b, option, "[]:\\", "'\\''");
    th_bytes_addc(b, ']');
    if (kind != VALUE_NONE) {
        th_bytes_addf(b, "%svalue:", kind == VALUE_OPTIONAL ? "::" : ":");
        if (has_choices(option)) {
            th_bytes_addc(b, '(');
            add_choices(b, option);
            th_bytes_addc(b, ')');
        } else {
            th_bytes_adds(b, takes_file(option) ? "_files" : " ");
        }
    }
    th_bytes_adds(b, "'\n");
}

void cli_completion_zsh(struct th_bytes *b)
{
    const struct cli_option *options[CLI_MAX_OPTIONS];
    th_bytes_adds(b, zsh_begin);
    for (int command = 0; command < CLI_N_COMMANDS; command++) {
        const size_t n = options_of((enum cli_command)command, options);
        th_bytes_addf(b, "  %s=(\n", command_words[command]);
        for (size_t i = 0; i < n; i++)
            add_zsh_option(b, options[i]);
        th_bytes_adds(b, "  )\n");
    }
    th_bytes_adds(b, zsh_end);
}

/* ---- fish -------------------------------------------------------------------------------------
 */

static void add_fish_option(struct th_bytes *b, const char *condition,
                            const struct cli_option *option)
{
    th_bytes_addf(b, "complete -c thumbs -n '%s' -l %s", condition, option->name);
    if (option->letter) th_bytes_addf(b, " -s %c", option->letter);
    if (value_kind(option) == VALUE_NEEDED) th_bytes_adds(b, takes_file(option) ? " -r -F" : " -x");
    if (has_choices(option)) {
        th_bytes_adds(b, " -a '");
        add_choices(b, option);
        th_bytes_addc(b, '\'');
    }
    th_bytes_adds(b, " -d '");
    add_clause(b, option, "\\", "\\'");
    th_bytes_adds(b, "'\n");
}

void cli_completion_fish(struct th_bytes *b)
{
    static const char *const conditions[CLI_N_COMMANDS] = {
        [CLI_COMMAND_RUN] = "not __fish_seen_subcommand_from bench merge",
        [CLI_COMMAND_BENCH] = "__fish_seen_subcommand_from bench",
        [CLI_COMMAND_MERGE] = "__fish_seen_subcommand_from merge"};
    const struct cli_option *options[CLI_MAX_OPTIONS];
    th_bytes_adds(b, "# fish completion of thumbs. Made from its table of options.\n"
                     "complete -c thumbs -n __fish_use_subcommand -a 'bench merge'\n");
    for (int command = 0; command < CLI_N_COMMANDS; command++) {
        const size_t n = options_of((enum cli_command)command, options);
        for (size_t i = 0; i < n; i++)
            add_fish_option(b, conditions[command], options[i]);
    }
}
