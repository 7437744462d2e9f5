#!/bin/sh
# Loads the scripts of `crictl completion` in the real shells and asks each what it would complete.
# usage: tests/completion.sh PATH-TO-CRICTL      needs bash, zsh and fish
set -eu

crictl=$(realpath "$1")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
PATH=$(dirname "$crictl"):$PATH
export HOME="$scratch" SCRATCH="$scratch"
failed=0

for shell in bash zsh fish powershell; do
    "$crictl" completion "$shell" >"$scratch/crictl.$shell" 2>"$scratch/errors" || {
        cat "$scratch/errors"
        exit 1
    }
done

# What each shell offers after a command line, one a line.
complete_bash() {
    LINE=$1 bash --norc --noprofile -eu -c '
        set +e
        . "$SCRATCH/crictl.bash"
        read -ra COMP_WORDS <<<"$LINE"
        [[ $LINE == *" " ]] && COMP_WORDS+=("")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _crictl crictl "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf "%s\n" "${COMPREPLY[@]}"'
}

# zsh completes only while a line is edited: so one is, in a pseudo terminal, and what
# would be added to it is written down instead.
complete_zsh() {
    : >"$scratch/offered"
    cat >"$scratch/.zshrc" <<'RC'
autoload -U compinit
compinit -u -D
. $SCRATCH/crictl.zsh
compadd() {
    [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]] && { builtin compadd "$@"; return }
    builtin compadd -A found "$@" && print -rl -- $found >>$SCRATCH/offered
    builtin compadd "$@"
}
answer() { zle complete-word; print done >$SCRATCH/done }
zle -C complete-word complete-word _main_complete
zle -N answer
bindkey '^I' answer
print ready >$SCRATCH/ready
RC
    rm -f "$scratch/done" "$scratch/ready"
    LINE=$1 zsh -f -c '
        zmodload zsh/zpty
        await() { repeat 100; do [[ -e $SCRATCH/$1 ]] && return; zpty -rt shell >/dev/null; sleep 0.1; done; return 1 }
        zpty -b shell env ZDOTDIR=$SCRATCH TERM=dumb zsh -i
        await ready && zpty -wn shell "$LINE"$'"'"'\t'"'"' && await done
        zpty -d shell'
    cat "$scratch/offered"
}

complete_fish() {
    LINE=$1 fish --no-config -c '
        . $SCRATCH/crictl.fish
        complete -C "$LINE"' | cut -f 1
}

# expect LINE WORD: every shell must offer WORD after LINE.
expect() {
    for shell in bash zsh fish; do
        if "complete_$shell" "$1" 2>&1 | grep -qxF -- "$2"; then
            echo "ok   $shell: $1 -> $2"
        else
            echo "FAIL $shell: $1 -> $2; it offers:"
            "complete_$shell" "$1" 2>&1 | head -n 20
            failed=1
        fi
    done
}

expect "crictl ver" version
expect "crictl im" img
expect "crictl --runtime-e" --runtime-endpoint
expect "crictl ps --no" --no-trunc
expect "crictl img --dig" --digests
expect "crictl ps --output " yaml
expect "crictl config --get " timeout
expect "crictl completion " fish
exit $failed
