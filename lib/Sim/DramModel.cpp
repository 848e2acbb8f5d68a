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
      channels(spec.channels), hitsWaiting(spec.banksPerChannel) {
  for (Channel &channel : channels) {
    channel.banks.resize(spec.banksPerChannel);
    channel.ranks.resize(spec.ranks);
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
  Channel &to = channels[channel];
  (b->write ? to.writes : to.reads).arrivals.push_back({b, bank, row, now});
  (b->write ? statistics->dramWriteBytes : statistics->dramReadBytes) += spec.burstBytes;
  wakes->wake(firstComponent + channel, now + 1);
}

void DramModel::visit(unsigned number, uint64_t now) {
  Channel &channel = channels[number];
  refresh(channel, now);
  for (;;) {
    accept(channel.reads, now);
    accept(channel.writes, now);
    if (channel.reads.empty() && channel.writes.empty())
      return;
    chooseDirection(channel);
    openRows(channel, now * ticksPerCycle);
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
  }
}

void DramModel::accept(Queue &queue, uint64_t now) {
  while (queue.waiting.size() < spec.queueDepth && !queue.arrivals.empty() && queue.arrivals.front().arrival < now) {
    queue.waiting.push_back(queue.arrivals.front());
    queue.arrivals.pop_front();
  }
}

void DramModel::chooseDirection(Channel &channel) {
  size_t writes = channel.writes.waiting.size();
  size_t threshold = channel.writing ? spec.writeBatchEnd + 1 : spec.writeBatchStart;
  channel.writing = channel.reads.empty() || writes >= threshold;
}

/// Activations begin as soon as they may; what is decided here is not taken back when a request to the old row comes.
void DramModel::openRows(Channel &channel, Ticks now) {
  const std::vector<Request> &waiting = channel.serving().waiting;
  std::fill(hitsWaiting.begin(), hitsWaiting.end(), 0);
  misses.clear();
  for (unsigned i = 0; i < waiting.size(); ++i) {
    const Bank &bank = channel.banks[waiting[i].bank];
    if (bank.open && bank.row == waiting[i].row)
      ++hitsWaiting[waiting[i].bank];
    else
      misses.push_back(i);
  }
  for (unsigned i : misses) {
    const Bank &bank = channel.banks[waiting[i].bank];
    if (hitsWaiting[waiting[i].bank] && bank.hits < spec.hitsPerActivation)
      continue;
    activate(channel, waiting[i].bank, waiting[i].row, now);
    hitsWaiting[waiting[i].bank] = 1; // for this one; the bank has no hits yet
  }
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
}

/// Earliest time of the column command: the row is open, the data find the bus free and turned, and a read after a
/// write to the same rank waits for it.
DramModel::Ticks DramModel::columnTime(const Channel &channel, const Request &request, Ticks now) const {
  unsigned rank = rankOf(request.bank);
  Ticks latency = channel.writing ? columnWrite : columnRead;
  Ticks column = std::max(now, channel.banks[request.bank].columnReady);
  bool turns = channel.busFree && (channel.writing != channel.wroteLast || rank != channel.lastRank);
  Ticks busFree = channel.busFree + (turns ? busTurnaround : 0);
  if (busFree > column + latency)
    column = busFree - latency;
  if (Ticks writeEnd = channel.ranks[rank].writeEnd; !channel.writing && writeEnd)
    column = std::max(column, writeEnd + writeToRead);
  return column;
}

DramModel::Choice DramModel::choose(const Channel &channel, Ticks now) const {
  Choice best;
  const std::vector<Request> &waiting = channel.serving().waiting;
  for (size_t i = 0; i < waiting.size(); ++i) {
    const Bank &bank = channel.banks[waiting[i].bank];
    if (!bank.open || bank.row != waiting[i].row)
      continue;
    if (Ticks column = columnTime(channel, waiting[i], now); column < best.column)
      best = {i, column};
  }
  return best;
}

void DramModel::serve(Channel &channel, const Choice &choice, uint64_t now) {
  std::vector<Request> &waiting = channel.serving().waiting;
  Request request = waiting[choice.position];
  waiting.erase(waiting.begin() + int64_t(choice.position));
  DramBurst &b = *request.burst;
  Bank &bank = channel.banks[request.bank];
  ++(bank.hits++ ? statistics->rowHits : statistics->rowMisses);

  Ticks dataEnd = choice.column + (b.write ? columnWrite : columnRead) + burst;
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
