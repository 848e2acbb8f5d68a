#!/usr/bin/env python3
"""Compares jacquard-map with nextpnr-generic (Debian: apt install nextpnr-generic) on the same netlists and the same grid.

  jacquard compile model.onnx --until=partition -o model.mlir
  jacquard-translate --export-netlists model.mlir > model.net
  scripts/compare_nextpnr.py model.net ... --compiled 28 --json compare.json

Takes the largest different netlists of the files and adds synthetic ones of the sizes published for Plasticine's applications. Every
netlist is mapped with every seed by jacquard-map and by nextpnr with each of its placers (router2, default delay scaling). Prints
a Markdown table: routed share, links, mean and longest hops, fewest vector tracks that still route. Ratios are geometric means of
ours / theirs over the cases that both route; the longest hops and the tracks are means.
"""
import argparse
import collections
import concurrent.futures
import hashlib
import json
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
KINDS = ["compute", "memory", "dram"]
NETWORKS = ["vector", "scalar", "control"]

# Nets, units, most inputs and most outputs of a unit in the partitioned graphs of SARA's applications (static network, 14 x 14).
APPLICATIONS = {
    "BlackScholes": (356, 151, 4, 28), "DotProduct": (35, 20, 3, 8), "GDA": (471, 180, 5, 36), "GEMM": (390, 147, 5, 31),
    "GRU": (372, 172, 4, 50), "Kmeans": (533, 200, 8, 26), "LSTM": (296, 146, 4, 54), "Lattice": (281, 113, 4, 14),
    "LeNet": (387, 171, 5, 47), "LogReg": (589, 222, 8, 46), "OuterProduct": (96, 48, 4, 18), "SGD": (390, 149, 8, 31),
    "TPCHQ6": (128, 63, 4, 24),
}


class Netlist:
    def __init__(self, name):
        self.name, self.units, self.nets = name, [], []  # kinds; (network, source, sinks, activations), an end is (unit, port)

    def shape(self):
        """Units and nets without the activations, which neither placer of nextpnr looks at."""
        return json.dumps([self.units, [net[:3] for net in self.nets]])

    def text(self):
        lines = [f'netlist "{self.name}"'] + [f'unit {kind} "u{i}" ""' for i, kind in enumerate(self.units)]
        for number, (network, source, sinks, weight) in enumerate(self.nets):
            ends = " ".join(f"{unit}.{port}" for unit, port in sinks)
            lines.append(f'net {network} "n{number}" {weight} {source[0]}.{source[1]} -> {ends}')
        return "\n".join(lines) + "\n"

    def key(self):
        """Name and content: a stored figure counts only for the netlist it was measured on."""
        return f"{self.name} {hashlib.sha256(self.shape().encode()).hexdigest()[:12]}"

    def networks(self):
        return sorted({NETWORKS.index(net[0]) for net in self.nets})


def read_netlists(path):
    def terminal(text):
        unit, port = text.split(".")
        return int(unit), int(port)

    netlists = []
    for line in open(path):
        if line.startswith("netlist "):
            stem = os.path.splitext(os.path.basename(path))[0]
            netlists.append(Netlist(f"{stem}.{line.split(None, 1)[1].strip().strip(chr(34))}"))
        elif line.startswith("unit "):
            netlists[-1].units.append(line.split()[1])
        elif line.startswith("net "):
            left, right = line.rsplit("->", 1)
            words = left.split()
            netlists[-1].nets.append((words[1], terminal(words[-1]), [terminal(end) for end in right.split()],
                                      int(words[-2])))
    return netlists


def largest_different(netlists, count):
    shapes = {}
    for netlist in netlists:
        shapes.setdefault(netlist.shape(), netlist)
    size = lambda netlist: sum(len(net[2]) for net in netlist.nets)
    return sorted(shapes.values(), key=lambda netlist: (-size(netlist), netlist.name))[:count]


def synthetic(application, number, fabric):
    """A netlist of the application's size (95 % of the grid at most): a chain of neighbourhoods with some broadcasts."""
    nets, units, most_in, most_out = APPLICATIONS[application]
    rng = random.Random(f"{application} {number}")
    have = collections.Counter(site[0] for site in fabric["sites"])
    scale = min(1.0, 0.95 * sum(have.values()) / units)
    result = Netlist(f"{application}.{number}")
    counts = {kind: int(have[kind] * 0.95 * units * scale / (0.95 * sum(have.values()))) for kind in KINDS}
    order = sorted((i / counts[kind], kind) for kind in KINDS for i in range(counts[kind]))
    result.units = [kind for _, kind in order]
    free_in = collections.defaultdict(list)
    outputs = []
    for unit, kind in enumerate(result.units):
        ports = fabric["ports"][kind]
        first = 0
        for network in range(2):  # these applications have no separate control network
            free_in[unit, network] = list(range(first, first + ports[network]))[:most_in]
            first += ports[network]
        first = 0
        for network in range(2):
            outputs += [(unit, network, first + i) for i in range(ports[3 + network])]
            first += ports[3 + network]
    rng.shuffle(outputs)
    outputs.sort(key=lambda output: output[1] == 1 and rng.random() < 0.5)  # vectors somewhat oftener than scalars
    for unit, network, port in outputs:
        if len(result.nets) >= nets * scale:
            break
        wanted = rng.randint(most_out // 2, most_out) if rng.random() < 0.015 else rng.choice([1, 1, 1, 1, 2, 3])
        reach = 8 if wanted <= 3 else 3 * wanted
        near = [u for u in range(max(0, unit - reach), min(len(result.units), unit + reach + 1))
                if u != unit and free_in[u, network]]
        sinks = sorted((u, free_in[u, network].pop(0)) for u in rng.sample(near, min(wanted, len(near))))
        if sinks:
            result.nets.append((NETWORKS[network], (unit, port), sinks, int(10 ** rng.uniform(0, 6))))
    return result


def read_fabric(tool, arch):
    """The grid as jacquard-map describes it."""
    fabric = {"ports": {}, "sites": []}
    output = subprocess.run([tool, os.devnull, "--arch", arch, "--list-fabric"], check=True, capture_output=True, text=True).stdout
    for line in output.splitlines():
        what, *values = line.split("\t")
        if what == "grid":
            fabric["width"], fabric["height"], *fabric["tracks"] = map(int, values)
        elif what == "ports":
            fabric["ports"][values[0]] = list(map(int, values[1:]))
        elif what == "site":
            fabric["sites"].append([values[0], *map(int, values[1:])])
    return fabric


def run_ours(tool, netlists, arguments):
    with tempfile.NamedTemporaryFile("w", suffix=".net") as file:
        file.write("".join(netlist.text() for netlist in netlists))
        file.flush()
        output = subprocess.run([tool, file.name, "--arch", arguments.arch, "--seeds", str(arguments.seeds), "--fewest-tracks"],
                                check=True, capture_output=True, text=True).stdout
    results = {}
    for line in output.splitlines()[1:]:
        name, seed, routed, links, mean, weighted, longest, fewest, seconds, _ = line.split("\t")
        results[name, int(seed)] = {
            "routed": routed == "1", "links": int(links), "mean": float(mean), "weighted": float(weighted),
            "longest": int(longest), "tracks": int(fewest), "seconds": float(seconds)}
    return results


def yosys_json(netlist, fabric, placer):
    """The netlist as yosys would write it; each bus is one bit."""
    cells = {}
    for number, kind in enumerate(netlist.units):
        cells[f"u{number}"] = {"hide_name": 0, "type": kind, "parameters": {}, "attributes": {}, "port_directions": {},
                               "connections": {}}
    if placer == "heap" and "dram" in netlist.units:  # its solver needs one fixed cell
        middle = min((abs(2 * site[2] - fabric["height"]), number) for number, site in enumerate(fabric["sites"])
                     if site[0] == "dram" and site[1] == 0)[1]
        cells[f"u{netlist.units.index('dram')}"]["attributes"]["BEL"] = f"s/{middle}"
    names = {}
    for number, (_, source, sinks, _) in enumerate(netlist.nets):
        bit = number + 2
        names[f"n{number}"] = {"hide_name": 0, "bits": [bit], "attributes": {}}
        for side, direction, ends in (("o", "output", [source]), ("i", "input", sinks)):
            for unit, port in ends:
                cells[f"u{unit}"]["port_directions"][f"{side}{port}"] = direction
                cells[f"u{unit}"]["connections"][f"{side}{port}"] = [bit]
    module = {"attributes": {"top": 1}, "ports": {}, "cells": cells, "netnames": names}
    return {"creator": "jacquard", "modules": {"top": module}}


def nextpnr(command, environment, iterations):
    """Runs nextpnr, whose router2 never gives up: ends it after that many iterations. Its messages, or none if it was ended."""
    log = []
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        for line in process.stderr:
            log.append(line)
            if f"iter={iterations} " in line:
                process.kill()
                return None
    return "".join(log)


def run_peer(netlist, seed, placer, tracks, fabric, iterations):
    """One run of nextpnr: figures, or none if it does not route within `iterations`."""
    with tempfile.TemporaryDirectory() as folder:
        path = lambda name: os.path.join(folder, name)
        grid = dict(fabric, networks=netlist.networks(), tracks=[tracks] + fabric["tracks"][1:])
        for name, content in (("fabric.json", grid), ("netlist.json", yosys_json(netlist, fabric, placer))):
            with open(path(name), "w") as file:
                json.dump(content, file)
        script = os.path.join(HERE, "nextpnr_fabric.py")
        environment = dict(os.environ, JACQUARD_FABRIC=path("fabric.json"), JACQUARD_ROUTES=path("routes.json"),
                           JACQUARD_STEP="build")
        log = nextpnr(["nextpnr-generic", "--pre-pack", script, "--json", path("netlist.json"), "--top", "top", "--placer",
                       placer, "--router", "router2", "--seed", str(seed), "--post-route", script], environment, iterations)
        if log is None:
            return None
        if not os.path.exists(path("routes.json")):
            sys.exit(f"nextpnr failed on {netlist.name}: {log[-2000:]}")
        with open(path("routes.json")) as file:
            routes = json.load(file)
    hops = [hop for net in routes.values() for hop in net["hops"]]
    if len(hops) != sum(len(net[2]) for net in netlist.nets):
        sys.exit(f"nextpnr left sinks of {netlist.name} unrouted")
    weighted = sum(netlist.nets[int(name[1:])][3] * sum(net["hops"]) for name, net in routes.items())
    weights = sum(net[3] * len(net[2]) for net in netlist.nets)
    return {"links": sum(net["links"] for net in routes.values()), "mean": statistics.mean(hops),
            "weighted": weighted / weights, "longest": max(hops)}


def peer_case(netlist, seed, placer, fabric, iterations):
    """The figures with the tracks of the architecture, and the fewest vector tracks, searched from there."""
    tracks = fabric["tracks"][0]
    figures = run_peer(netlist, seed, placer, tracks, fabric, iterations)
    if figures:
        while tracks > 1 and run_peer(netlist, seed, placer, tracks - 1, fabric, iterations):
            tracks -= 1
        return dict(figures, routed=True, tracks=tracks)
    tracks += 1
    while tracks <= 2 * fabric["tracks"][0] and not run_peer(netlist, seed, placer, tracks, fabric, iterations):
        tracks += 1
    return {"routed": False, "tracks": tracks}


def run_peers(netlists, fabric, arguments):
    cases = [(netlist, seed, placer) for netlist in netlists for seed in range(1, arguments.seeds + 1)
             for placer in ("sa", "heap")]
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        outcomes = pool.map(lambda case: peer_case(*case, fabric, arguments.iterations), cases)
        return {(netlist.key(), seed, placer): outcome for (netlist, seed, placer), outcome in zip(cases, outcomes)}


def store(path, ours, peers):
    if path:
        with open(path, "w") as file:
            json.dump({"ours": list(ours.items()), "peers": list(peers.items())}, file)


def summarise(ours, peers, placer, members, seeds):
    """One row per group of netlists: the figures of both, over the cases that both route."""
    cases = [(ours[netlist.name, seed], peers[netlist.key(), seed, placer]) for netlist in members for seed in seeds]
    both = [(a, b) for a, b in cases if a["routed"] and b["routed"]]
    ratio = lambda figure: math.exp(statistics.mean(
        math.log(max(a[figure], 0.01) / max(b[figure], 0.01)) for a, b in both))
    pair = lambda figure, of: " / ".join(f"{statistics.mean(case[i][figure] for case in of):.2f}" for i in (0, 1))
    shares = " / ".join(str(sum(case[i]["routed"] for case in cases)) for i in (0, 1))
    return [f"{shares} of {len(cases)}", f"{ratio('links'):.3f}", f"{ratio('mean'):.3f}", f"{ratio('weighted'):.3f}",
            pair("mean", both), pair("longest", both), pair("tracks", cases)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("netlists", nargs="*", help="files of jacquard-translate --export-netlists")
    parser.add_argument("--compiled", type=int, default=28, help="how many netlists of the files (the largest)")
    parser.add_argument("--synthetic", type=int, default=2, help="how many synthetic netlists per application")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--arch", default="plasticine")
    parser.add_argument("--tool", default=os.path.join(HERE, "../build/bin/jacquard-map"))
    parser.add_argument("--iterations", type=int, default=300, help="of nextpnr's router before it counts as failed")
    parser.add_argument("--jobs", type=int, default=1, help="runs of nextpnr at a time")
    parser.add_argument("--json", help="keeps all figures; nextpnr's are taken from there if the file exists")
    arguments = parser.parse_args()

    fabric = read_fabric(arguments.tool, arguments.arch)
    compiled = largest_different([netlist for path in arguments.netlists for netlist in read_netlists(path)], arguments.compiled)
    made = [synthetic(application, number, fabric) for application in APPLICATIONS
            for number in range(arguments.synthetic)]
    netlists = compiled + made
    ours, peers = {}, {}
    if arguments.json and os.path.exists(arguments.json):
        with open(arguments.json) as file:
            peers = {tuple(key): value for key, value in json.load(file)["peers"]}
    missing = [netlist for netlist in netlists if any((netlist.key(), seed, placer) not in peers for placer in ("sa", "heap")
                                                      for seed in range(1, arguments.seeds + 1))]
    for netlist in missing:  # stored after each, so that a run that was ended can go on
        peers.update(run_peers([netlist], fabric, arguments))
        store(arguments.json, ours, peers)
    ours = run_ours(arguments.tool, netlists, arguments)
    store(arguments.json, ours, peers)

    print("| netlists | placer of nextpnr | routed, ours / theirs | links, ratio | mean hops, ratio | by activations, ratio | "
          "mean hops | longest hops | fewest tracks |")
    print("|---|---|---|--:|--:|--:|--:|--:|--:|")
    for group, members in (("compiled", compiled), ("synthetic", made)):
        for placer in ("sa", "heap") if members else ():
            row = summarise(ours, peers, placer, members, range(1, arguments.seeds + 1))
            print("| " + " | ".join([f"{len(members)} {group}", placer] + row) + " |")


if __name__ == "__main__":
    main()
