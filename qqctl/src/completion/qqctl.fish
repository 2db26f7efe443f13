# Fish completion of qqctl. Made by `qqctl completion fish`.
complete --command qqctl --no-files --keep-order --arguments '(qqctl completion fish -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token --cut-at-cursor) 2>/dev/null)'
