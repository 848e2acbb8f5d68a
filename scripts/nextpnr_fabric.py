# nextpnr_fabric.py - runs inside nextpnr-generic: builds the grid before packing, writes the routes after routing
#
# JACQUARD_FABRIC names a JSON file: width, height, tracks [vector, scalar, control], ports {kind: [in x 3, out x 3]}, sites
# [kind, x, y, slot] and the numbers of the networks in use. JACQUARD_ROUTES names the file to write: per net the links, and the
# links from its source to each of its sinks. A wire is a whole bus; every switch connects every input to every output.
import json
import os

STEPS = [(0, -1), (1, 0), (0, 1), (-1, 0)]  # north, east, south, west


def network_of(counts, port):
    for network, count in enumerate(counts):
        if port < count:
            return network
        port -= count


def build(fabric):
    width, height = fabric["width"], fabric["height"]
    networks = fabric["networks"]
    entering = {}  # (x, y, network): wires that may be selected at the switch, with the direction they came from
    leaving = {}  # (x, y, network): wires that the switch drives, with the direction they go to
    for network in networks:
        for y in range(height):
            for x in range(width):
                for direction, (dx, dy) in enumerate(STEPS):
                    to = (x + dx, y + dy)
                    if not (0 <= to[0] < width and 0 <= to[1] < height):
                        continue
                    for track in range(fabric["tracks"][network]):
                        wire = f"l/{network}/{x}/{y}/{direction}/{track}"
                        ctx.addWire(name=wire, type="link", x=x, y=y)
                        leaving.setdefault((x, y, network), []).append((wire, direction))
                        entering.setdefault((*to, network), []).append((wire, (direction + 2) % 4))
    for number, (kind, x, y, slot) in enumerate(fabric["sites"]):
        bel = f"s/{number}"
        ctx.addBel(name=bel, type=kind, loc=Loc(x, y, slot), gb=False, hidden=False)
        counts = fabric["ports"][kind]
        for side, first, add, wires in (("i", 0, ctx.addBelInput, leaving), ("o", 3, ctx.addBelOutput, entering)):
            for port in range(sum(counts[first:first + 3])):
                network = network_of(counts[first:first + 3], port)
                if network not in networks:
                    continue
                wire = f"{side}/{number}/{port}"
                ctx.addWire(name=wire, type="port", x=x, y=y)
                add(bel=bel, name=f"{side}{port}", wire=wire)
                wires.setdefault((x, y, network), []).append((wire, None))
    delay = ctx.getDelayFromNS(1.0)
    for (x, y, network), sinks in leaving.items():
        for source, came in entering.get((x, y, network), []):
            for sink, goes in sinks:
                if came is None or came != goes:
                    ctx.addPip(name=f"{source}>{sink}", type="select", srcWire=source, dstWire=sink, delay=delay,
                               loc=Loc(x, y, 0))


def routes():
    result = {}
    for name, net in ctx.nets:
        driver = {}  # wire: the wire that feeds it
        for entry in net.wires:
            pip = entry.second.pip
            driver[str(entry.first)] = str(ctx.getPipSrcWire(pip)) if pip else None
        hops = []
        for wire in driver:
            if wire.startswith("i/"):
                count = 0
                while wire:
                    count += wire.startswith("l/")
                    wire = driver[wire]
                hops.append(count)
        result[str(name)] = {"links": sum(wire.startswith("l/") for wire in driver), "hops": hops}
    return result


if os.environ["JACQUARD_STEP"] == "build":
    with open(os.environ["JACQUARD_FABRIC"]) as file:
        build(json.load(file))
    os.environ["JACQUARD_STEP"] = "report"
else:
    with open(os.environ["JACQUARD_ROUTES"], "w") as file:
        json.dump(routes(), file)
