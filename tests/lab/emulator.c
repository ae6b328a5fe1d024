/* A line between two network namespaces, in user space: rate, token bucket, queue, delay, jitter, loss, reordering.
 *
 *   emulator SITE_NAMESPACE SERVER_NAMESPACE COUNTS PACKETS SEED DOWN UP
 *
 * Makes the TUN device `line` in each of the two. DOWN (server to site) and UP are lists `name=value,...` of the names
 * in `parse` below; what is left out is 0, which for a limit means none. COUNTS: the JSON file that it leaves at
 * SIGTERM. PACKETS: a CSV file with a row per UDP packet, or "-"; a row's delay and loss are the truth that a
 * measurement is held to. Prints "ready" when packets can come. Bytes are those of IP packets.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <math.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { MOST_PACKETS = 1 << 16, MOST_BYTES = 1 << 16, BATCH = 32, UDP = 17 };
enum { LOST = -1, DROPPED = -2 }; /* instead of a departure: by the model, by the full queue */

typedef struct { /* as configured; bytes, seconds, bytes a second, and shares of 1 */
    double rate, bucket, peak, queue, delay;
    double jitter, jitter_hold;                    /* mean of the extra delay, and how long one lasts */
    double loss, to_bad, to_good, loss_bad;        /* Gilbert-Elliott: loss in the good state and in the bad one */
    double reorder, reorder_delay;                 /* share that comes so much later than its turn */
    double pause_every, pause;                     /* nothing leaves in the last `pause` of each period */
} Model;

typedef struct {
    double arrival, delivery;
    int size;
    unsigned char *bytes;
} Packet;

typedef struct {
    double time;
    int size;
} Departure;

typedef struct {
    uint64_t packets, bytes;
} Count;

typedef struct {
    const char *name;
    Model model;
    int from, to;                                  /* TUN devices */
    double full_at;                                /* when the bucket will be full again, if nothing more comes */
    double free_at;                                /* when the packet before has left */
    double extra_delay, extra_until, last_delivery;
    int is_bad;
    unsigned short random[3];
    Departure *leaving;                            /* what is in the queue: a ring */
    unsigned first_leaving, next_leaving;
    double queued;
    Packet *moving;                                /* what is in the queue or on the way, by delivery: a ring */
    unsigned first_moving, next_moving;
    Count in, out, dropped, lost;
    double latest;                                 /* how late after its time a packet was delivered, at most */
} Way;

static volatile sig_atomic_t is_over;
static FILE *rows;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec * 1e-9;
}

static void parse(Model *model, char *text)
{
    char *const names[] = {"rate", "bucket", "peak", "queue", "delay", "jitter", "jitter_hold", "loss", "to_bad",
                           "to_good", "loss_bad", "reorder", "reorder_delay", "pause_every", "pause", NULL};
    double *const fields[] = {&model->rate, &model->bucket, &model->peak, &model->queue, &model->delay, &model->jitter,
                              &model->jitter_hold, &model->loss, &model->to_bad, &model->to_good, &model->loss_bad,
                              &model->reorder, &model->reorder_delay, &model->pause_every, &model->pause};
    char *value;
    while (*text) {
        int which = getsubopt(&text, names, &value);
        if (which < 0 || value == NULL) {
            fprintf(stderr, "no such part of a line: %s\n", value);
            exit(2);
        }
        *fields[which] = atof(value);
    }
}

static int open_tun(const char *name_of_namespace)
{
    char path[256];
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI, .ifr_name = "line"};
    int home = open("/proc/self/ns/net", O_RDONLY), there, tun;
    snprintf(path, sizeof path, "/run/netns/%s", name_of_namespace);
    there = open(path, O_RDONLY);
    if (there < 0 || setns(there, CLONE_NEWNET))
        fail(path);
    tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
    if (tun < 0 || ioctl(tun, TUNSETIFF, &request))
        fail("/dev/net/tun");
    if (setns(home, CLONE_NEWNET))
        fail("setns");
    close(there);
    close(home);
    return tun;
}

static void count(Count *counter, int size)
{
    counter->packets++;
    counter->bytes += size;
}

/* One row per UDP packet: the first four bytes of its content are the sequence number in STAMP (RFC 8762). */
static void note(const Way *way, const unsigned char *bytes, int size, double arrival, double departure)
{
    int header = (bytes[0] & 15) * 4;
    uint16_t ports[2];
    uint32_t sequence;
    if (!rows || bytes[0] >> 4 != 4 || bytes[9] != UDP || size < header + 12)
        return;
    memcpy(ports, bytes + header, 4);
    memcpy(&sequence, bytes + header + 8, 4);
    fprintf(rows, "%s,%u,%u,%u,%d,%.9f,%.9f\n", way->name, ntohs(ports[0]), ntohs(ports[1]), ntohl(sequence), size,
            arrival, departure);
}

/* When a packet leaves the queue: as soon as the packet before has left, the bucket holds enough and no pause is. */
static double departure(Way *way, int size, double arrival)
{
    const Model *model = &way->model;
    double start = fmax(arrival, way->free_at);
    if (model->pause > 0) {
        double phase = fmod(start, model->pause_every);
        if (phase >= model->pause_every - model->pause)
            start += model->pause_every - phase;
    }
    if (model->rate > 0) { /* the bucket lacks (full_at - t) * rate bytes at t; the packet waits until it lacks no more
                              than bucket - size */
        double full_at = fmax(way->full_at, start);
        start = fmax(start, full_at + (size - model->bucket) / model->rate);
        way->full_at = full_at + size / model->rate;
    }
    if (model->bucket > 0 && model->peak > 0)
        start += size / model->peak;
    return way->free_at = start;
}

/* How long a packet is under way after it has left the queue; only a reordered one is overtaken. */
static double delivery(Way *way, double left)
{
    const Model *model = &way->model;
    double time = left + model->delay;
    if (model->jitter > 0) {
        if (left >= way->extra_until) {
            way->extra_delay = fmin(-model->jitter * log(1 - erand48(way->random)), 5 * model->jitter);
            way->extra_until = left + model->jitter_hold;
        }
        time += way->extra_delay;
    }
    if (model->reorder > 0 && erand48(way->random) < model->reorder)
        return time + model->reorder_delay;
    return way->last_delivery = fmax(time, way->last_delivery);
}

static int is_lost(Way *way)
{
    const Model *model = &way->model;
    double chance = erand48(way->random);
    if (way->is_bad ? chance < model->to_good : chance < model->to_bad)
        way->is_bad = !way->is_bad;
    return erand48(way->random) < (way->is_bad ? model->loss_bad : model->loss);
}

static void enqueue(Way *way, const unsigned char *bytes, int size, double time)
{
    while (way->first_leaving != way->next_leaving && way->leaving[way->first_leaving % MOST_PACKETS].time <= time)
        way->queued -= way->leaving[way->first_leaving++ % MOST_PACKETS].size;
    count(&way->in, size);
    if (way->next_moving - way->first_moving >= MOST_PACKETS - 1
        || (way->model.queue > 0 && way->queued + size > way->model.queue)) {
        count(&way->dropped, size);
        note(way, bytes, size, time, DROPPED);
        return;
    }
    double left = departure(way, size, time);
    way->leaving[way->next_leaving++ % MOST_PACKETS] = (Departure){left, size};
    way->queued += size;
    if (is_lost(way)) { /* it took its part of the line all the same */
        count(&way->lost, size);
        note(way, bytes, size, time, LOST);
        return;
    }
    Packet packet = {time, delivery(way, left), size, malloc(size)};
    memcpy(packet.bytes, bytes, size);
    unsigned place = way->next_moving++;
    for (; place != way->first_moving && way->moving[(place - 1) % MOST_PACKETS].delivery > packet.delivery; place--)
        way->moving[place % MOST_PACKETS] = way->moving[(place - 1) % MOST_PACKETS];
    way->moving[place % MOST_PACKETS] = packet;
}

/* Deliver what is due; return when the next packet is. */
static double deliver(Way *way, double until)
{
    for (; way->first_moving != way->next_moving; way->first_moving++) {
        Packet *packet = &way->moving[way->first_moving % MOST_PACKETS];
        double time = now();
        if (packet->delivery > time)
            return fmin(packet->delivery, until);
        if (write(way->to, packet->bytes, packet->size) == packet->size)
            count(&way->out, packet->size);
        note(way, packet->bytes, packet->size, packet->arrival, time);
        way->latest = fmax(way->latest, time - packet->delivery);
        free(packet->bytes);
    }
    return until;
}

static void carry(Way ways[2])
{
    static unsigned char bytes[MOST_BYTES];
    while (!is_over) {
        int were_read = 0;
        double next = now() + 1;
        for (Way *way = ways; way < ways + 2; way++) {
            for (int n = 0; n < BATCH; n++) {
                int size = read(way->from, bytes, sizeof bytes);
                if (size <= 0)
                    break;
                enqueue(way, bytes, size, now());
                were_read++;
            }
            next = deliver(way, next);
        }
        double wait = next - now();
        if (were_read || wait <= 0)
            continue;
        struct pollfd fds[2] = {{ways[0].from, POLLIN, 0}, {ways[1].from, POLLIN, 0}};
        struct timespec timeout = {(time_t)wait, (long)((wait - (time_t)wait) * 1e9)};
        ppoll(fds, 2, &timeout, NULL);
    }
}

static void write_counts(const char *path, const Way ways[2])
{
    FILE *file = fopen(path, "w");
    if (!file)
        fail(path);
    for (const Way *way = ways; way < ways + 2; way++) {
        const Count *counts[] = {&way->in, &way->out, &way->dropped, &way->lost};
        const char *names[] = {"in", "out", "dropped", "lost"};
        fprintf(file, "%s \"%s\": {", way == ways ? "{" : ",", way->name);
        for (int n = 0; n < 4; n++)
            fprintf(file, "\"%s_packets\": %lu, \"%s_bytes\": %lu, ", names[n], counts[n]->packets, names[n],
                    counts[n]->bytes);
        fprintf(file, "\"latest_ms\": %.3f}", way->latest * 1e3);
    }
    fprintf(file, "}\n");
    fclose(file);
}

static void stop(int number)
{
    (void)number;
    is_over = 1;
}

/* Keep time on a busy machine: before others, woken to the microsecond, never waiting for memory. */
static void be_punctual(void)
{
    struct sched_param priority = {.sched_priority = 1};
    sched_setscheduler(0, SCHED_FIFO, &priority);
    prctl(PR_SET_TIMERSLACK, 1);
    mlockall(MCL_CURRENT);
}

int main(int argc, char **argv)
{
    static Way ways[2] = {{.name = "down"}, {.name = "up"}};
    if (argc != 8) {
        fprintf(stderr, "emulator SITE_NAMESPACE SERVER_NAMESPACE COUNTS PACKETS SEED DOWN UP\n");
        return 2;
    }
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    signal(SIGTERM, stop);
    signal(SIGINT, SIG_IGN); /* of the terminal: whoever started us ends us */
    if (strcmp(argv[4], "-") && !(rows = fopen(argv[4], "w")))
        fail(argv[4]);
    if (rows)
        fprintf(rows, "way,from_port,to_port,sequence,size,arrival_s,departure_s\n");
    ways[0].to = ways[1].from = open_tun(argv[1]);
    ways[0].from = ways[1].to = open_tun(argv[2]);
    for (int n = 0; n < 2; n++) {
        parse(&ways[n].model, argv[6 + n]);
        ways[n].leaving = calloc(MOST_PACKETS, sizeof(Departure));
        ways[n].moving = calloc(MOST_PACKETS, sizeof(Packet));
        ways[n].random[0] = n;
        ways[n].random[1] = atoi(argv[5]);
        ways[n].random[2] = atoi(argv[5]) >> 16;
    }
    be_punctual();
    printf("ready\n");
    fflush(stdout);
    carry(ways);
    write_counts(argv[3], ways);
    if (rows)
        fclose(rows);
    return 0;
}
