#compdef qqctl
# Zsh completion of qqctl. Made by `qqctl completion zsh`.
_qqctl() {
    local -a values shown directories
    local line value
    for line in "${(@f)$(qqctl completion zsh -- "${(@Q)words[1,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}"; do
        value="${line%%$'\t'*}"
        if [[ -z $value ]]; then
            continue
        elif [[ $value == */ ]]; then
            # A directory is the beginning of a path.
            directories+=("$value")
        else
            values+=("$value")
            shown+=("${line/$'\t'/  -- }")
        fi
    done
    compadd -J qqctl -l -d shown -a values
    compadd -J qqctl -S '' -a directories
}
# Autoloaded from a directory of $fpath, or sourced.
if [[ $funcstack[1] == _qqctl ]]; then
    _qqctl "$@"
else
    compdef _qqctl qqctl
fi
