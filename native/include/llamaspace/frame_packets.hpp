// Data fields of transfer frames to packets, many at once: frame counts, packets across frames, packet counts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace llamaspace {

// CRC-16 of x^16 + x^12 + x^5 + 1 preset to ones (CCSDS 232.0-B-4 §4.1.4).
[[nodiscard]] std::uint16_t crc16(std::span<const std::uint8_t> octets);

// Whether the last two octets of each piece are the CRC-16 of those before; piece k is data[offsets[k]] to data[offsets[k + 1]].
void check_crcs(std::span<const std::uint8_t> data, std::span<const std::int64_t> offsets, std::span<std::uint8_t> right);

// One element for each frame; what is not a frame to take has channel -1.
struct DataFields {
    std::span<const std::uint8_t> octets;
    std::span<const std::int64_t> begins, lengths; // of each data field in the octets
    std::span<const std::int32_t> pointers;        // first header pointer
    std::span<const std::int32_t> channels;        // virtual channel
    std::span<const std::int64_t> counts;          // of the virtual channel
};

enum class FieldVerdict : std::uint8_t { skipped = 0, taken = 1, duplicate = 2, malformed = 3 };

struct TakenPackets {
    std::vector<std::uint8_t> octets;   // packets one behind the other
    std::vector<std::int64_t> offsets;  // where each begins, and where the last one ends
    std::vector<std::int64_t> frames;   // in which each one ends
    std::vector<FieldVerdict> verdicts; // of each frame
    std::vector<std::int64_t> missed;   // frames that were missed before each frame
};

// Packets by their sequence counts, for each APID.
struct PacketCounts {
    static constexpr std::size_t apids = 2048;
    std::array<std::int32_t, apids> last; // -1 before the first
    std::array<std::int64_t, apids> lost{}, repeated{}, backward{};
    PacketCounts() { last.fill(-1); }
};

// Remembers of each virtual channel its last count and the head of a packet that the next frame continues.
class PacketAssembler {
  public:
    static constexpr std::size_t channels = 64;
    static constexpr std::int32_t no_packet_start = 0x7FF; // CCSDS 132.0-B-3 §4.1.2.7.6.4
    static constexpr std::int32_t only_idle_data = 0x7FE;  // §4.1.2.7.6.5

    // `modulo`: where frame counts wrap; 0 for never.
    explicit PacketAssembler(std::int64_t modulo);

    struct Channel {
        std::int64_t count = -1; // -1 before the first frame
        std::vector<std::uint8_t> head;
    };

    [[nodiscard]] TakenPackets take(const DataFields& fields);
    [[nodiscard]] Channel& channel(std::size_t number);
    PacketCounts counts;

  private:
    std::int64_t modulo_;
    std::array<Channel, channels> channels_;

    FieldVerdict place(Channel& channel, std::int64_t count, std::int64_t& missed) const;
    void take_field(Channel& channel, std::span<const std::uint8_t> field, std::int32_t pointer, std::int64_t frame,
                    TakenPackets& out);
    std::size_t take_whole(std::span<const std::uint8_t> octets, std::int64_t frame, TakenPackets& out);
    void put(std::span<const std::uint8_t> packet, std::int64_t frame, TakenPackets& out);
};

} // namespace llamaspace
