// Balance.h - do streams that part and meet again find room enough to wait for one another
//
// Two paths leave a unit and meet at another one. Until the first element of the longer path arrives, the shorter one
// has to hold what the fork has sent since, else the fork stands still: the room on the shorter path must be at least
// rate * latency of the longer one. Room is what output queues, pipelines, links and input FIFOs hold
// (docs/Simulator.md, "Streams"); the rate of a stream is at most its activations over those of the busiest net.
// Scratchpads end the path of what they are given to keep: they hold tiles, whose number the schedule decides. The
// addresses that they read from and the words of a cascade pass through them.
#ifndef JACQUARD_MAPPER_BALANCE_H
#define JACQUARD_MAPPER_BALANCE_H

#include "jacquard/Mapper/Problem.h"

namespace jacquard::mapper {

/// A path from a unit to an input port of another one, and the path to another port that it waits for longest.
struct Reconvergence {
  UnitId fork, join;
  NetId longer, shorter; ///< the nets through which the paths leave the fork
  Terminal first;        ///< where the shorter path arrives first
  unsigned need = 0;     ///< elements that the fork sends until the longer path delivers
  unsigned room = 0;     ///< elements that fit on the shorter path
  int lack() const { return int(need) - int(room); }
  unsigned missing() const { return need > room ? need - room : 0; }
};

/// One entry per fork and input port where paths meet, the one that lacks most first. The routing must be right
/// (verifyRouting). Paths through feedback between compute units are not looked at.
std::vector<Reconvergence> reconvergences(const Problem &problem, const Placement &placement, const Routing &routing,
                                          const FabricModel &model);

/// Lengthens short paths of `routing` over free links, two links at a time, as long as that makes the elements that
/// lack room fewer: each link more holds some. Of a net with several sinks the way is bent that leads to one of them
/// alone. Does nothing when nothing lacks room.
void retime(const Problem &problem, const Placement &placement, const FabricModel &model, Routing &routing);

/// "'a' (Conv_1) to 'b' (Add_2): 31 elements on the way through 'n1', room for 27 on that through 'n2'".
std::string describe(const Reconvergence &pair, const Problem &problem);

} // namespace jacquard::mapper

#endif // JACQUARD_MAPPER_BALANCE_H
