// CRC eight octets at a time, and packets copied once, from data fields into one buffer; core/link/tm_frame.py is the reference.
#include "llamaspace/frame_packets.hpp"

#include "llamaspace/error.hpp"

#include <algorithm>

namespace llamaspace {
namespace {

constexpr std::size_t header_length = 6;        // CCSDS 133.0-B-2 §4.1.3
constexpr std::size_t idle_apid = 0x7FF;        // §4.1.3.3.4.4
constexpr std::int32_t sequence_modulo = 16384; // §4.1.3.4.3
constexpr unsigned polynomial = 0x1021;
constexpr std::uint16_t preset = 0xFFFF;

using CrcTables = std::array<std::array<std::uint16_t, 256>, 8>;

// tables[k][octet]: what an octet adds to the register when k more octets follow.
constexpr CrcTables crc_tables() {
    CrcTables tables{};
    for (unsigned octet = 0; octet < 256; ++octet) {
        unsigned value = octet << 8U;
        for (int bit = 0; bit < 8; ++bit) {
            value = (value << 1U) ^ ((value & 0x8000U) != 0 ? polynomial : 0U);
        }
        tables[0][octet] = static_cast<std::uint16_t>(value & 0xFFFFU);
    }
    for (std::size_t k = 1; k < tables.size(); ++k) {
        for (std::size_t octet = 0; octet < 256; ++octet) {
            const unsigned before = tables[k - 1][octet];
            tables[k][octet] = static_cast<std::uint16_t>(((before << 8U) & 0xFFFFU) ^ tables[0][before >> 8U]);
        }
    }
    return tables;
}

constexpr CrcTables tables = crc_tables();

std::size_t packet_length(const std::uint8_t* header) {
    return header_length + (static_cast<std::size_t>(header[4]) << 8U | header[5]) + 1;
}

std::size_t apid_of(const std::uint8_t* header) {
    return (static_cast<std::size_t>(header[0]) << 8U | header[1]) & idle_apid;
}

} // namespace

std::uint16_t crc16(std::span<const std::uint8_t> octets) {
    unsigned value = preset;
    std::size_t at = 0;
    for (; at + 8 <= octets.size(); at += 8) {
        const std::uint8_t* const p = octets.data() + at;
        value = tables[7][p[0] ^ (value >> 8U)] ^ tables[6][p[1] ^ (value & 0xFFU)] ^ tables[5][p[2]] ^ tables[4][p[3]] ^
                tables[3][p[4]] ^ tables[2][p[5]] ^ tables[1][p[6]] ^ tables[0][p[7]];
    }
    for (; at < octets.size(); ++at) {
        value = ((value << 8U) & 0xFFFFU) ^ tables[0][octets[at] ^ (value >> 8U)];
    }
    return static_cast<std::uint16_t>(value);
}

void check_crcs(std::span<const std::uint8_t> data, std::span<const std::int64_t> offsets, std::span<std::uint8_t> right) {
    if (offsets.size() != right.size() + 1) {
        throw Error(ErrorCode::bad_shape, "offsets must have one element more than there are pieces");
    }
    for (std::size_t k = 0; k < right.size(); ++k) {
        if (offsets[k] < 0 || offsets[k + 1] < offsets[k] || offsets[k + 1] > static_cast<std::int64_t>(data.size())) {
            throw Error(ErrorCode::bad_value, "offsets must rise within the data");
        }
        const auto piece = data.subspan(static_cast<std::size_t>(offsets[k]), static_cast<std::size_t>(offsets[k + 1] - offsets[k]));
        if (piece.size() <= 2) {
            right[k] = 0;
            continue;
        }
        const auto found = static_cast<std::uint16_t>(piece[piece.size() - 2] << 8U | piece[piece.size() - 1]);
        right[k] = static_cast<std::uint8_t>(crc16(piece.first(piece.size() - 2)) == found);
    }
}

PacketAssembler::PacketAssembler(std::int64_t modulo) : modulo_(modulo) {
    if (modulo < 0) {
        throw Error(ErrorCode::bad_value, "frame counts wrap at a positive number, or at 0 for never");
    }
}

PacketAssembler::Channel& PacketAssembler::channel(std::size_t number) {
    if (number >= channels) {
        throw Error(ErrorCode::bad_value, "a virtual channel is outside 0 to 63");
    }
    return channels_[number];
}

TakenPackets PacketAssembler::take(const DataFields& fields) {
    const std::size_t frames = fields.begins.size();
    if (fields.lengths.size() != frames || fields.pointers.size() != frames || fields.channels.size() != frames ||
        fields.counts.size() != frames) {
        throw Error(ErrorCode::bad_shape, "every frame needs begin, length, pointer, channel and count");
    }
    std::size_t room = 0;
    for (std::size_t k = 0; k < frames; ++k) { // all is checked before anything is remembered
        if (fields.channels[k] >= static_cast<std::int32_t>(channels) || fields.counts[k] < 0) {
            throw Error(ErrorCode::bad_value, "a virtual channel is outside 0 to 63, or a frame count is negative");
        }
        if (fields.begins[k] < 0 || fields.lengths[k] < 0 ||
            fields.begins[k] > static_cast<std::int64_t>(fields.octets.size()) - fields.lengths[k]) {
            throw Error(ErrorCode::bad_value, "a data field lies outside the octets");
        }
        room += static_cast<std::size_t>(fields.lengths[k]);
    }
    TakenPackets out;
    for (const Channel& one : channels_) {
        room += one.head.size();
    }
    out.octets.reserve(room);
    out.offsets.push_back(0);
    out.verdicts.assign(frames, FieldVerdict::skipped);
    out.missed.assign(frames, 0);
    for (std::size_t k = 0; k < frames; ++k) {
        if (fields.channels[k] < 0) {
            continue;
        }
        Channel& channel = channels_[static_cast<std::size_t>(fields.channels[k])];
        const std::int32_t pointer = fields.pointers[k];
        std::int64_t missed = 0;
        FieldVerdict verdict = place(channel, fields.counts[k], missed);
        const bool special = pointer == no_packet_start || pointer == only_idle_data;
        if (verdict == FieldVerdict::taken && !special && pointer > fields.lengths[k]) {
            verdict = FieldVerdict::malformed;
        }
        out.verdicts[k] = verdict;
        if (verdict != FieldVerdict::taken) {
            continue;
        }
        out.missed[k] = missed;
        channel.count = fields.counts[k];
        if (missed != 0) {
            channel.head.clear();
        }
        const auto field = fields.octets.subspan(static_cast<std::size_t>(fields.begins[k]), static_cast<std::size_t>(fields.lengths[k]));
        take_field(channel, field, pointer, static_cast<std::int64_t>(k), out);
    }
    return out;
}

FieldVerdict PacketAssembler::place(Channel& channel, std::int64_t count, std::int64_t& missed) const {
    if (channel.count < 0) {
        return FieldVerdict::taken;
    }
    std::int64_t ahead = count - channel.count;
    if (modulo_ > 0) {
        ahead = (ahead % modulo_ + modulo_) % modulo_;
        ahead = ahead > modulo_ / 2 ? ahead - modulo_ : ahead; // what is more than half a turn ahead came late
    }
    if (ahead <= 0) {
        return FieldVerdict::duplicate;
    }
    missed = ahead - 1;
    return FieldVerdict::taken;
}

void PacketAssembler::take_field(Channel& channel, std::span<const std::uint8_t> field, std::int32_t pointer,
                                 std::int64_t frame, TakenPackets& out) {
    auto& head = channel.head;
    if (pointer == only_idle_data) {
        head.clear();
        return;
    }
    std::size_t at = 0;
    if (head.empty()) {
        if (pointer == no_packet_start) {
            return;
        }
        at = static_cast<std::size_t>(pointer);
    } else {
        const std::size_t for_header = head.size() < header_length ? header_length - head.size() : 0;
        const std::size_t first = std::min(for_header, field.size());
        head.insert(head.end(), field.begin(), field.begin() + static_cast<std::ptrdiff_t>(first));
        if (head.size() < header_length) {
            return;
        }
        const std::size_t wanted = packet_length(head.data()) - head.size();
        const std::size_t rest = std::min(wanted, field.size() - first);
        const auto from = field.begin() + static_cast<std::ptrdiff_t>(first);
        head.insert(head.end(), from, from + static_cast<std::ptrdiff_t>(rest));
        if (rest < wanted) {
            return;
        }
        put(head, frame, out);
        head.clear();
        at = first + rest;
    }
    at += take_whole(field.subspan(at), frame, out);
    head.assign(field.begin() + static_cast<std::ptrdiff_t>(at), field.end());
}

std::size_t PacketAssembler::take_whole(std::span<const std::uint8_t> octets, std::int64_t frame, TakenPackets& out) {
    std::size_t at = 0;
    while (octets.size() - at >= header_length) {
        const std::size_t length = packet_length(octets.data() + at);
        if (length > octets.size() - at) {
            break;
        }
        put(octets.subspan(at, length), frame, out);
        at += length;
    }
    return at;
}

void PacketAssembler::put(std::span<const std::uint8_t> packet, std::int64_t frame, TakenPackets& out) {
    const std::size_t apid = apid_of(packet.data());
    if (apid == idle_apid) {
        return;
    }
    out.octets.insert(out.octets.end(), packet.begin(), packet.end());
    out.offsets.push_back(static_cast<std::int64_t>(out.octets.size()));
    out.frames.push_back(frame);
    const std::int32_t number = (packet[2] << 8 | packet[3]) & (sequence_modulo - 1);
    const std::int32_t last = counts.last[apid];
    counts.last[apid] = number;
    if (last < 0) {
        return;
    }
    const std::int32_t ahead = (number - last + sequence_modulo) % sequence_modulo;
    if (ahead == 0) {
        ++counts.repeated[apid];
    } else if (ahead > sequence_modulo / 2) {
        ++counts.backward[apid];
    } else {
        counts.lost[apid] += ahead - 1;
    }
}

} // namespace llamaspace
