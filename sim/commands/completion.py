"""`churnlab completion`: a script that lets bash complete commands, names and keys without starting Python."""

from argparse import ArgumentParser, Namespace
from string import Template

from sim.commands.options import COMMANDS
from sim.commands.parameters import settings
from sim.config.composition import GROUPS
from sim.errors import InputError
from sim.loading import list_configs, load_scenario

STUDY_WORDS = (
    "replications",
    "precision",
    "method",
    "samples",
    "design",
    "monthly",
    "measure",
    "executor",
    "executor.address",
    "executor.patience",
    "rival",
    "rival_policies",
    "reference",
    "constraint",
    "trials",
    "holdout",
)
EXPERIMENTS = ("run", "compare", "sweep", "robust", "wargame", "optimise", "params")


def completion(arguments: Namespace) -> int:
    """Print the script."""
    if arguments.shell != "bash":
        raise InputError(f"completion {arguments.shell}: only bash is supported")
    print(bash_script(), end="")
    return 0


def bash_script() -> str:
    """Fill the script with the names there are today."""
    keys = {name: _keys(name) for name in list_configs()}
    everywhere = set.intersection(*(known for known in keys.values() if known))
    holders: dict[tuple[str, ...], list[str]] = {}  # scenarios that share keys -> those keys, each told once
    for key in sorted(set.union(*keys.values()) - everywhere):
        holders.setdefault(tuple(name for name, known in keys.items() if key in known), []).append(key)
    own = "\n".join(
        f"  case \"$scenario\" in {'|'.join(names)}) keys+=' {' '.join(held)}' ;; esac"
        for names, held in holders.items()
    )
    groups = "\n".join(f"    {group}) words='{' '.join(list_configs(group))}' ;;" for group in GROUPS)
    options = "\n".join(f"    {name}) options='{' '.join(_options(name))}' ;;" for name in COMMANDS)
    return SCRIPT.substitute(
        commands=" ".join(COMMANDS),
        experiments="|".join(EXPERIMENTS),
        scenarios=" ".join(keys),
        policies=" ".join(list_configs("policy")),
        keys=" ".join(sorted({*everywhere, *GROUPS, "policy", "policies", *STUDY_WORDS})),
        own=own,
        groups=groups,
        options=options,
    )


def _keys(name: str) -> set[str]:
    """Keys that may be overridden in a scenario; none where it is only to be built upon."""
    try:
        scenario = load_scenario(name)
    except InputError:
        return set()
    return {key for key, _, _ in settings(scenario) if key != "name" and not key.startswith("policies.")}


def _options(name: str) -> list[str]:
    parser = ArgumentParser(add_help=False)
    COMMANDS[name].options(parser)
    return ["--help", *(option for action in parser._actions for option in action.option_strings)]


SCRIPT = Template(
    r"""
# bash completion of churnlab; written by `churnlab completion bash`
_churnlab() {
  local line="$${COMP_LINE:0:COMP_POINT}" words_before cur command scenario word keys words options prefix
  read -r -a words_before <<< "$$line"
  cur="$${line##* }"
  command="$${words_before[1]-}" scenario="" keys="" words="" options="" prefix="" COMPREPLY=()
  if [[ "$$line" != *" "*" "* ]]; then
    _churnlab_words "$commands" "$$cur" " "
    return
  fi
  case "$$command" in
$options
  esac
  if [[ "$$cur" == -* ]]; then
    _churnlab_words "$$options" "$$cur" " "
    return
  fi
  case "$$command" in
    $experiments) ;;
    report) COMPREPLY=($$(compgen -d -- "$$cur")); return ;;
    schema) _churnlab_words "scenario market customers behaviour policy shock" "$$cur" " "; return ;;
    completion) _churnlab_words "bash" "$$cur" " "; return ;;
    *) return ;;
  esac
  for word in "$${words_before[@]:2}"; do
    if [[ "$$word" != -* && "$$word" != *=* && "$$word" != "$$cur" ]]; then scenario="$$word"; break; fi
  done
  if [[ -z "$$scenario" ]]; then
    _churnlab_words "$scenarios" "$$cur" " "
    local path
    while IFS= read -r path; do COMPREPLY+=("$$path "); done < <(compgen -f -X '!*.yaml' -- "$$cur")
    return
  fi
  if [[ "$$cur" == *=* ]]; then
    [[ "$$COMP_WORDBREAKS" == *=* ]] || prefix="$${cur%%=*}="
    case "$${cur%%=*}" in
    policy|reference) words='$policies' ;;
    policies|rival_policies)
      local list="$${cur#*=}" start=""
      [[ "$$list" == *[[,]* ]] && start="$${list%"$${list##*[[,]}"}"
      words='$policies'
      prefix+="$${start:-[}" cur="=$${list##*[[,]}"
      ;;
$groups
    method) words='factorial lhs sobol morris' ;;
    executor) words='loky dask ray' ;;
    design) COMPREPLY=($$(compgen -f -- "$${cur#*=}")); return ;;
    customers.file) COMPREPLY=($$(compgen -f -- "$${cur#*=}")); return ;;
    esac
    local reply
    for reply in $$(compgen -W "$$words" -- "$${cur#*=}"); do COMPREPLY+=("$$prefix$$reply"); done
    return
  fi
  keys='$keys'
$own
  _churnlab_keys "$$keys" "$$cur"
}
# _churnlab_words WORDS BEGINNING END: whole words
_churnlab_words() {
  local reply
  for reply in $$(compgen -W "$$1" -- "$$2"); do COMPREPLY+=("$$reply$$3"); done
}
# _churnlab_keys KEYS BEGINNING: keys up to their next dot
_churnlab_keys() {
  local reply rest last=""
  for reply in $$(compgen -W "$$1" -- "$$2"); do
    rest="$${reply#"$$2"}"
    if [[ "$$rest" == *.* ]]; then reply="$$2$${rest%%.*}."; else reply="$$reply="; fi
    [[ "$$reply" == "$$last" ]] || COMPREPLY+=("$$reply")
    last="$$reply"
  done
}
complete -o nospace -F _churnlab churnlab
"""[1:]
)  # $$ is bash's dollar
