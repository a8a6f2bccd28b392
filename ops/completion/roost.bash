# bash completion for roost(1). Install as /usr/share/bash-completion/completions/roost, or: . <(roost completion bash)
# Fingerprints are completed from the status map, so this wakes no node.

_roost() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
  local shared='--home --map --color --help' noun='' verb='' word options='' words=''
  COMPREPLY=()
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in
      node|code|eval|check|run|repl|hash|completion) [[ -z $noun ]] && noun=$word ;;
      list|show|top|deps) [[ $noun == node || $noun == code ]] && [[ -z $verb ]] && verb=$word ;;
    esac
  done
  case $previous in
    --home) COMPREPLY=($(compgen -d -- "$current")); return ;;
    --cacert) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --library) COMPREPLY=($(compgen -W standard -- "$current") $(compgen -f -- "$current")); return ;;
    --color) COMPREPLY=($(compgen -W 'auto always never' -- "$current")); return ;;
    --state) COMPREPLY=($(compgen -W 'asleep waking idle active draining destroyed' -- "$current")); return ;;
    --parent) COMPREPLY=($(compgen -W "$(roost node list 2>/dev/null | awk 'NR > 1 {print $1}')" -- "$current")); return ;;
    --map|--interval|--rows|--wait|-e|--expression) return ;;
  esac
  case $noun/$verb in
    /) words='node code eval check run repl hash completion' options='--version' ;;
    node/) words='list show top' ;;
    node/list) options='--state --parent --json' ;;
    node/show) options='--json' words=$(roost node list 2>/dev/null | awk 'NR > 1 {print $1}') ;;
    node/top) options='--once --interval --rows' ;;
    code/) words='show deps' ;;
    code/show|code/deps) options='--library --json' ;;
    eval/) options='--expression --json --debug --wait --cacert' words='playground root' ;;
    check/|hash/) options='--expression --library' ;;
    repl/) options='--library' ;;
    run/) options='--expression --library --json' ;;
    completion/) words='bash' ;;
  esac
  if [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$options $shared" -- "$current"))
  else
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    [[ $noun =~ ^(eval|check|run|hash)$ ]] && COMPREPLY+=($(compgen -f -- "$current"))
  fi
}
complete -F _roost roost
