<?php
/*
 * php-memcached behind a pipe: php php_peer.php HOST:PORT=WEIGHT... makes a client with OPT_LIBKETAMA_COMPATIBLE, and
 * writes one line for each command of standard input. Keys and strings are in hex, an empty one is "-".
 *
 *     place KEY          -> HOST:PORT
 *     string KEY STRING  -> 0, or the result code (a large one is compressed; "plain": never)
 *     plain KEY STRING
 *     int KEY NUMBER
 *     get KEY            -> 0 TYPE VALUE, or the result code
 *     count KEY          -> the number one higher, or the result code
 *     prefix KEY         -> 0; OPT_PREFIX_KEY from here on
 */
$client = new Memcached();
$client->setOption(Memcached::OPT_LIBKETAMA_COMPATIBLE, true);
foreach (array_slice($argv, 1) as $word) {
    preg_match('/^(.*):(\d+)=(\d+)$/', $word, $parts);
    $client->addServer($parts[1], (int)$parts[2], (int)$parts[3]);
}

function place($client, $key) {
    $server = $client->getServerByKey($key);
    return "{$server['host']}:{$server['port']}";
}

function store($client, $key, $value, $compression) {
    $client->setOption(Memcached::OPT_COMPRESSION, $compression);
    $client->set($key, $value);
    return $client->getResultCode();
}

function get($client, $key) {
    $value = $client->get($key);
    $code = $client->getResultCode();
    return $code == 0 ? "0 " . gettype($value) . " " . (bin2hex((string)$value) ?: "-") : $code;
}

while (($line = fgets(STDIN)) !== false) {
    $words = explode(" ", rtrim($line));
    $key = hex2bin($words[1]);
    switch ($words[0]) {
    case "place":
        echo place($client, $key), "\n";
        break;
    case "string":
    case "plain":
        echo store($client, $key, $words[2] == "-" ? "" : hex2bin($words[2]), $words[0] == "string"), "\n";
        break;
    case "int":
        echo store($client, $key, (int)$words[2], true), "\n";
        break;
    case "count":
        echo $client->increment($key) ?: $client->getResultCode(), "\n";
        break;
    case "prefix":
        $client->setOption(Memcached::OPT_PREFIX_KEY, $key);
        echo "0\n";
        break;
    case "get":
        echo get($client, $key), "\n";
        break;
    }
}
