// DramModel.cpp - scheduling of one channel's requests over banks and bus
#include "DramModel.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>

namespace jacquard::sim {

//===-------------------------------------------------------------------------------------------------------------===//
// Contents
//===-------------------------------------------------------------------------------------------------------------===//

void DramImage::Free::operator()(uint8_t *memory) const { std::free(memory); }

Result<DramImage> DramImage::create(uint64_t bytes, unsigned burstBytes) {
  uint64_t rounded = (bytes / burstBytes + 1) * burstBytes;
  DramImage image;
  if (rounded >= bytes)
    image.bytes.reset(static_cast<uint8_t *>(std::calloc(rounded, 1)));
  if (!image.bytes)
    return Error{fmt::format("no memory for a DRAM image of {} bytes", bytes)};
  image.extent = bytes;
  return image;
}

//===-------------------------------------------------------------------------------------------------------------===//
// Model
//===-------------------------------------------------------------------------------------------------------------===//

DramModel::DramModel(const ArchSpec &arch, DramImage &image)
    : spec(arch.dram), image(image), burst(toTicks(double(spec.burstBytes) * spec.channels / spec.bytesPerCycle)),
      activateTime(toTicks(spec.activate)), prechargeTime(toTicks(spec.precharge)),
      columnRead(toTicks(spec.columnRead)), columnWrite(toTicks(spec.columnWrite)), rowActive(toTicks(spec.rowActive)),
      writeRecovery(toTicks(spec.writeRecovery)), readToPrecharge(toTicks(spec.readToPrecharge)),
      writeToRead(toTicks(spec.writeToRead)), refreshTime(toTicks(spec.refreshTime)),
      activateToActivate(toTicks(spec.activateToActivate)), fourActivates(toTicks(spec.fourActivates)),
      busTurnaround(toTicks(spec.busTurnaround)), banksPerRank(spec.banksPerChannel / spec.ranks),
      channels(spec.channels) {
  for (Channel &channel : channels) {
    channel.banks.resize(spec.banksPerChannel);
    channel.ranks.resize(spec.ranks);
    for (Queue *queue : {&channel.reads, &channel.background, &channel.writes})
      queue->banks.resize(spec.banksPerChannel);
  }
}

void DramModel::attach(Wakeups &wakeups, unsigned first, SectionStatistics &sectionStatistics) {
  wakes = &wakeups;
  firstComponent = first;
  statistics = &sectionStatistics;
}

/// Consecutive bursts go to consecutive channels. Every further digit of the number (to the base of the channels) turns
/// them by one, so that streams with strides of whole turns do not meet one channel only.
unsigned DramModel::channelOf(uint64_t number) const {
  uint64_t digits = 0;
  for (; number != 0 && spec.channels > 1; number /= spec.channels)
    digits += number % spec.channels;
  return unsigned(digits % spec.channels);
}

void DramModel::request(DramBurst *b, uint64_t now) {
  uint64_t number = b->address / spec.burstBytes;
  unsigned channel = channelOf(number);
  uint64_t inChannel = number / spec.channels, burstsPerRow = spec.rowBytes / spec.burstBytes;
  uint64_t row = inChannel / burstsPerRow / spec.banksPerChannel;
  // The bank is turned by the row number, so that streams a power of two apart do not all meet in one bank.
  unsigned bank = unsigned((inChannel / burstsPerRow + row) % spec.banksPerChannel);
  b->doneAt = never;
  channels[channel].queueOf(*b).arrivals.push_back({b, bank, row, now, numRequests++});
  (b->write ? statistics->dramWriteBytes : statistics->dramReadBytes) += spec.burstBytes;
  wakes->wake(firstComponent + channel, now + 1);
}

void DramModel::visit(unsigned number, uint64_t now) {
  Channel &channel = channels[number];
  refresh(channel, now);
  for (;;) {
    accept(channel, channel.reads, spec.queueDepth, now);
    accept(channel, channel.background, spec.backgroundQueueDepth, now);
    accept(channel, channel.writes, spec.queueDepth, now);
    if (!channel.anyReads() && channel.writes.empty())
      return;
    chooseDirection(channel);
    Choice choice = choose(channel, now * ticksPerCycle);
    if (choice.column >= (now + 1) * ticksPerCycle)
      return wakes->wake(firstComponent + number, choice.column / ticksPerCycle);
    serve(channel, choice, now);
  }
}

/// Refresh is caught up with lazily: what came and went while the channel was idle cost nobody anything.
void DramModel::refresh(Channel &channel, uint64_t now) {
  for (unsigned rank = 0; rank < spec.ranks; ++rank) {
    double first = spec.refreshInterval * (rank + 1) / spec.ranks; // the ranks take turns
    if (double(now) < first)
      continue;
    uint64_t due = uint64_t((double(now) - first) / spec.refreshInterval) + 1;
    if (due == channel.ranks[rank].refreshes)
      continue;
    channel.ranks[rank].refreshes = due;
    refresh(channel, rank, toTicks(first + double(due - 1) * spec.refreshInterval));
  }
}

/// All banks of the rank precharge and are busy until the refresh, which begins at `due`, is over.
void DramModel::refresh(Channel &channel, unsigned rank, Ticks due) {
  auto begin = channel.banks.begin() + rank * banksPerRank, end = begin + banksPerRank;
  Ticks start = due;
  for (auto bank = begin; bank != end; ++bank)
    start = std::max(start, bank->prechargeReady + (bank->open ? prechargeTime : 0));
  for (auto bank = begin; bank != end; ++bank) {
    bank->open = false;
    bank->prechargeReady = start + refreshTime;
    countHits(channel, unsigned(bank - channel.banks.begin()));
  }
}

void DramModel::accept(Channel &channel, Queue &queue, unsigned depth, uint64_t now) {
  while (queue.size < depth && !queue.arrivals.empty() && queue.arrivals.front().arrival < now) {
    const Request &request = queue.arrivals.front();
    BankQueue &requests = queue.banks[request.bank];
    const Bank &bank = channel.banks[request.bank];
    if (requests.waiting.empty())
      queue.used.push_back(request.bank);
    requests.hits += bank.open && bank.row == request.row;
    requests.waiting.push_back(request);
    ++queue.size;
    queue.arrivals.pop_front();
  }
}

void DramModel::chooseDirection(Channel &channel) {
  unsigned threshold = channel.writing ? spec.writeBatchEnd + 1 : spec.writeBatchStart;
  channel.writing = !channel.anyReads() || channel.writes.size >= threshold;
}

/// Activations begin as soon as they may; what is decided here is not taken back when a request to the old row comes.
void DramModel::openRows(Channel &channel, const Queue &queue, Ticks now) {
  toOpen.clear();
  for (unsigned b : queue.used) {
    const BankQueue &requests = queue.banks[b];
    const Bank &bank = channel.banks[b];
    if (&queue == &channel.background && !channel.reads.banks[b].waiting.empty())
      continue;
    if (requests.hits == requests.waiting.size() || (requests.hits && bank.hits < spec.hitsPerActivation))
      continue;
    auto miss = std::find_if(requests.waiting.begin(), requests.waiting.end(),
                             [&](const Request &request) { return !bank.open || bank.row != request.row; });
    toOpen.push_back(&*miss);
  }
  std::sort(toOpen.begin(), toOpen.end(), [](auto *a, auto *b) { return a->number < b->number; });
  for (const Request *request : toOpen)
    activate(channel, request->bank, request->row, now);
}

void DramModel::activate(Channel &channel, unsigned number, uint64_t row, Ticks now) {
  Bank &bank = channel.banks[number];
  Rank &rank = channel.ranks[rankOf(number)];
  Ticks start = std::max(now, bank.prechargeReady) + (bank.open ? prechargeTime : 0);
  start = std::max(start, rank.earliest[0]);
  std::rotate(rank.earliest.begin(), rank.earliest.begin() + 1, rank.earliest.end());
  rank.earliest.back() = start + fourActivates;
  rank.earliest.front() = std::max(rank.earliest.front(), start + activateToActivate);
  bank.open = true;
  bank.row = row;
  bank.hits = 0;
  bank.columnReady = start + activateTime;
  bank.prechargeReady = start + rowActive;
  countHits(channel, number);
}

void DramModel::countHits(Channel &channel, unsigned number) {
  const Bank &bank = channel.banks[number];
  for (Queue *queue : {&channel.reads, &channel.background, &channel.writes}) {
    BankQueue &requests = queue->banks[number];
    requests.hits = unsigned(std::count_if(requests.waiting.begin(), requests.waiting.end(),
                                           [&](const Request &r) { return bank.open && bank.row == r.row; }));
  }
}

/// Earliest time of a column command to the open row of a bank: the row is open, the data find the bus free and turned,
/// and a read after a write to the same rank waits for it.
DramModel::Ticks DramModel::columnTime(const Channel &channel, unsigned bank, Ticks now) const {
  unsigned rank = rankOf(bank);
  Ticks latency = channel.writing ? columnWrite : columnRead;
  Ticks column = std::max(now, channel.banks[bank].columnReady);
  bool turns = channel.busFree && turnsBus(channel, rank);
  Ticks busFree = channel.busFree + (turns ? busTurnaround : 0);
  if (busFree > column + latency)
    column = busFree - latency;
  if (Ticks writeEnd = channel.ranks[rank].writeEnd; !channel.writing && writeEnd)
    column = std::max(column, writeEnd + writeToRead);
  return column;
}

/// The requests to an open row have all the same time, so the oldest of each bank compete. The earliest goes, unless
/// its direction and rank have had their hits: then an older one goes that only has to turn the bus.
DramModel::Choice DramModel::choose(const Channel &channel, Queue &queue, Ticks now) {
  Choice best;
  candidates.clear();
  for (unsigned b : queue.used) {
    const BankQueue &requests = queue.banks[b];
    if (!requests.hits)
      continue;
    size_t position = 0;
    while (requests.waiting[position].row != channel.banks[b].row)
      ++position;
    candidates.push_back({&queue, b, position, requests.waiting[position].number, columnTime(channel, b, now)});
    const Choice &here = candidates.back();
    if (here.column < best.column || (here.column == best.column && here.number < best.number))
      best = here;
  }
  if (channel.inARow < spec.hitsPerActivation)
    return best;
  Ticks latest = best.column + busTurnaround;
  for (const Choice &older : candidates)
    if (older.column <= latest && older.number < best.number)
      best = older;
  return best;
}

/// What waits in the background goes where the bus would rest otherwise.
DramModel::Choice DramModel::choose(Channel &channel, Ticks now) {
  Queue &first = channel.writing ? channel.writes : channel.reads;
  openRows(channel, first, now);
  Choice choice = choose(channel, first, now);
  if (channel.writing || channel.background.empty())
    return choice;
  openRows(channel, channel.background, now);
  Choice other = choose(channel, channel.background, now);
  return other.column < choice.column && choice.column - other.column >= burst + 2 * busTurnaround ? other : choice;
}

void DramModel::serve(Channel &channel, const Choice &choice, uint64_t now) {
  Queue &queue = *choice.queue;
  BankQueue &requests = queue.banks[choice.bank];
  Request request = requests.waiting[choice.position];
  requests.waiting.erase(requests.waiting.begin() + int64_t(choice.position));
  --requests.hits;
  --queue.size;
  if (requests.waiting.empty())
    queue.used.erase(std::find(queue.used.begin(), queue.used.end(), choice.bank));
  DramBurst &b = *request.burst;
  Bank &bank = channel.banks[request.bank];
  ++(bank.hits++ ? statistics->rowHits : statistics->rowMisses);

  Ticks dataEnd = choice.column + (b.write ? columnWrite : columnRead) + burst;
  channel.inARow = turnsBus(channel, rankOf(request.bank)) ? 1 : channel.inARow + 1;
  channel.busFree = dataEnd;
  channel.wroteLast = b.write;
  channel.lastRank = rankOf(request.bank);
  if (b.write)
    channel.ranks[channel.lastRank].writeEnd = dataEnd;
  Ticks precharge = b.write ? dataEnd + writeRecovery : choice.column + readToPrecharge;
  bank.prechargeReady = std::max(bank.prechargeReady, precharge);

  transfer(b);
  b.doneAt = std::max(now + 1, (dataEnd + ticksPerCycle - 1) / ticksPerCycle);
  wakes->wake(b.component, b.doneAt);
}

void DramModel::transfer(DramBurst &b) {
  uint8_t *memory = image.at(b.address);
  if (!b.write) {
    std::memcpy(b.data.data(), memory, spec.burstBytes);
    return;
  }
  for (unsigned i = 0; i < spec.burstBytes; ++i)
    if (b.mask[i])
      memory[i] = b.data[i];
}

} // namespace jacquard::sim
