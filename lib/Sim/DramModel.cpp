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
      writeToRead(toTicks(spec.writeToRead)), refreshTime(toTicks(spec.refreshTime)), channels(spec.channels),
      oldestOther(spec.banksPerChannel), hitsWaiting(spec.banksPerChannel) {
  for (Channel &channel : channels)
    channel.banks.resize(spec.banksPerChannel);
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
  channels[channel].arrivals.push_back({b, bank, row, now});
  (b->write ? statistics->dramWriteBytes : statistics->dramReadBytes) += spec.burstBytes;
  wakes->wake(firstComponent + channel, now + 1);
}

void DramModel::visit(unsigned number, uint64_t now) {
  Channel &channel = channels[number];
  refresh(channel, now);
  for (;;) {
    accept(channel, now);
    if (channel.queue.empty())
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
  if (spec.refreshInterval <= 0)
    return;
  uint64_t begun = uint64_t(double(now) / spec.refreshInterval);
  if (begun == channel.refreshes)
    return;
  channel.refreshes = begun;
  Ticks start = std::max(toTicks(double(begun) * spec.refreshInterval), channel.busFree);
  for (Bank &bank : channel.banks) {
    bank.open = false;
    bank.prechargeReady = std::max(bank.prechargeReady, start) + refreshTime;
  }
}

void DramModel::accept(Channel &channel, uint64_t now) {
  while (channel.queue.size() < spec.queueDepth && !channel.arrivals.empty() &&
         channel.arrivals.front().arrival < now) {
    channel.queue.push_back(channel.arrivals.front());
    ++(channel.queue.back().burst->write ? channel.writes : channel.reads);
    channel.arrivals.pop_front();
  }
}

void DramModel::chooseDirection(Channel &channel) {
  if (channel.writing)
    channel.writing = channel.writes > 0 && (channel.reads == 0 || channel.writes > spec.queueDepth / 8);
  else
    channel.writing = channel.writes > 0 && (channel.reads == 0 || channel.writes >= (spec.queueDepth + 1) / 2);
}

void DramModel::openRows(Channel &channel, Ticks now) {
  std::fill(oldestOther.begin(), oldestOther.end(), -1);
  std::fill(hitsWaiting.begin(), hitsWaiting.end(), 0);
  for (size_t i = 0; i < channel.queue.size(); ++i) {
    const Request &request = channel.queue[i];
    if (request.burst->write != channel.writing)
      continue;
    const Bank &bank = channel.banks[request.bank];
    if (bank.open && bank.row == request.row)
      ++hitsWaiting[request.bank];
    else if (oldestOther[request.bank] < 0)
      oldestOther[request.bank] = int(i);
  }
  for (unsigned b = 0; b < channel.banks.size(); ++b) {
    Bank &bank = channel.banks[b];
    if (oldestOther[b] >= 0 && (hitsWaiting[b] == 0 || bank.hits >= spec.hitsPerActivation))
      activate(bank, channel.queue[unsigned(oldestOther[b])].row, now);
  }
}

void DramModel::activate(Bank &bank, uint64_t row, Ticks now) {
  Ticks start = std::max(now, bank.prechargeReady) + (bank.open ? prechargeTime : 0);
  bank.open = true;
  bank.row = row;
  bank.hits = 0;
  bank.columnReady = start + activateTime;
  bank.prechargeReady = start + rowActive;
}

/// Earliest time of the column command: the row is open, the data find the bus free, and a read after a write waits for
/// it.
DramModel::Ticks DramModel::columnTime(const Channel &channel, const Request &request, Ticks now) const {
  Ticks latency = request.burst->write ? columnWrite : columnRead;
  Ticks column = std::max(now, channel.banks[request.bank].columnReady);
  if (channel.busFree > column + latency)
    column = channel.busFree - latency;
  if (!request.burst->write && channel.writeEnd)
    column = std::max(column, channel.writeEnd + writeToRead);
  return column;
}

DramModel::Choice DramModel::choose(const Channel &channel, Ticks now) const {
  Choice best;
  for (size_t i = 0; i < channel.queue.size(); ++i) {
    const Request &request = channel.queue[i];
    const Bank &bank = channel.banks[request.bank];
    if (request.burst->write != channel.writing || !bank.open || bank.row != request.row)
      continue;
    if (Ticks column = columnTime(channel, request, now); column < best.column)
      best = {i, column};
  }
  return best;
}

void DramModel::serve(Channel &channel, const Choice &choice, uint64_t now) {
  Request request = channel.queue[choice.position];
  channel.queue.erase(channel.queue.begin() + int64_t(choice.position));
  DramBurst &b = *request.burst;
  --(b.write ? channel.writes : channel.reads);
  Bank &bank = channel.banks[request.bank];
  ++(bank.hits++ ? statistics->rowHits : statistics->rowMisses);

  Ticks dataEnd = choice.column + (b.write ? columnWrite : columnRead) + burst;
  channel.busFree = dataEnd;
  if (b.write)
    channel.writeEnd = dataEnd;
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
