#!/bin/sh
# Loads the scripts of `crictl completion` in the real shells and asks each what it would complete.
# usage: tests/completion.sh PATH-TO-CRICTL      needs bash, zsh and fish
set -eu

crictl=$(realpath "$1")
SCRATCH=$(mktemp -d)
trap 'rm -rf "$SCRATCH"' EXIT
export SCRATCH HOME="$SCRATCH" ZDOTDIR="$SCRATCH"
failed=0

for shell in bash zsh fish powershell; do
    "$crictl" completion "$shell" >"$SCRATCH/crictl.$shell" 2>"$SCRATCH/errors" || {
        cat "$SCRATCH/errors"
        exit 1
    }
done

# complete_SHELL LINE: what the shell offers after a command line, one word a line.
complete_bash() {
    LINE=$1 bash --norc --noprofile -c '
        . "$SCRATCH/crictl.bash" || exit
        read -ra COMP_WORDS <<<"$LINE"
        [[ $LINE == *" " ]] && COMP_WORDS+=("")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _crictl crictl "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf "%s\n" "${COMPREPLY[@]}"'
}

complete_fish() {
    LINE=$1 fish --no-config -c '
        source $SCRATCH/crictl.fish; or exit
        complete -C "$LINE"' | cut -f 1
}

# zsh completes only a line that is being edited: so one is, in a pseudo terminal, by a zsh
# that writes down what it would offer.
cat >"$SCRATCH/.zshrc" <<'RC'
autoload -U compinit
compinit -u -D
. $SCRATCH/crictl.zsh
compadd() {
    # With -O, -A or -D nothing is offered.
    if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
        local -a offered
        builtin compadd -A offered "$@"
        print -rl -- $offered >>$SCRATCH/offered
    fi
    builtin compadd "$@"
}
finish() { : >$SCRATCH/done }
comppostfuncs=(finish)
bindkey '^I' complete-word
: >$SCRATCH/ready
RC
cat >"$SCRATCH/edit.zsh" <<'SCRIPT'
zmodload zsh/zpty
await() {
    local output
    repeat 100; do
        [[ -e $SCRATCH/$1 ]] && return
        while zpty -rt shell output; do :; done
        sleep 0.1
    done
    print "no file '$1' after ten seconds; $output"
    return 1
}
zpty -b shell zsh -i
await ready && zpty -wn shell "$LINE"$'\t' && await done
zpty -d shell
SCRIPT
complete_zsh() {
    rm -f "$SCRATCH/ready" "$SCRATCH/done"
    : >"$SCRATCH/offered"
    LINE=$1 zsh -f "$SCRATCH/edit.zsh"
    cat "$SCRATCH/offered"
}

# expect LINE WORD SHELL...: the shells must offer WORD after LINE.
expect() {
    line=$1 word=$2
    shift 2
    for shell in "$@"; do
        "complete_$shell" "$line" >"$SCRATCH/answer" 2>&1 || true
        if grep -qxF -- "$word" "$SCRATCH/answer"; then
            echo "ok   $shell: $line -> $word"
        else
            echo "FAIL $shell: $line -> $word; it says:"
            head -n 20 "$SCRATCH/answer"
            failed=1
        fi
    done
}

in_each() {
    expect "$@" bash zsh fish
}

in_each "crictl ver" version
in_each "crictl im" img
in_each "crictl --runtime-e" --runtime-endpoint
in_each "crictl ps --no" --no-trunc
in_each "crictl img --dig" --digests
in_each "crictl ps --output " yaml
in_each "crictl -D pods --state " notready
in_each "crictl config --get " timeout
in_each "crictl rpc list-con" list-containers
in_each "crictl rpc list-containers --filter.st" --filter.state.state
# fish's script knows no words of positionals.
expect "crictl completion " fish bash zsh
exit $failed
