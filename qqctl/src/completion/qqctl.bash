# Bash completion of qqctl; needs bash 4. Made by `qqctl completion bash`.
_qqctl() {
    COMPREPLY=()
    mapfile -t COMPREPLY < <(qqctl completion bash -- "${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null)
    # A directory is the beginning of a path.
    [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == */ ]] && compopt -o nospace
    return 0
}
complete -F _qqctl qqctl
