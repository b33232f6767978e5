package std

import (
	"fmt"
	"net/netip"
	"strings"
)

var ipGroup = Group{
	Name:    "ip",
	Summary: "IP addresses and networks.",
	Text:    "An IPv4 address that is written as IPv6, such as `::ffff:10.0.0.1`, is the IPv4 address.",
	Functions: []Function{
		function("ip.parse", "ip.parse(text) -> table",
			"Returns the address in its shortest form as text, its version (4 or 6), and whether it is private, loopback, link_local or multicast; "+
				"zone if it has one. What is no address gives nil and a description.",
			`
gopiper.ip.parse("2001:DB8:0:0::1").text --> "2001:db8::1"
gopiper.ip.parse("127.0.0.1") --> {text = "127.0.0.1", version = 4, private = false, loopback = true, link_local = false, multicast = false}
gopiper.ip.parse("1.2.3") --> nil, '"1.2.3" is no IP address'
`, ipParse),
		function("ip.is_private", "ip.is_private(text) -> boolean",
			"Tells whether an address is of a private network: 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or fc00::/7. What is no address gives nil and a description.",
			`
gopiper.ip.is_private("192.168.1.7") --> true
gopiper.ip.is_private("8.8.8.8") --> false
`, func(a *arguments) []Value {
				address, ok := parseAddress(a.text(1))
				if !ok {
					return a.failed("%s is no IP address", quoted(a.text(1)))
				}
				return a.one(Flag(address.IsPrivate()))
			}),
		function("ip.in_cidr", "ip.in_cidr(text, networks) -> boolean",
			"Tells whether an address is in a network, or in any of a list of networks; a network may be one address. It takes the same time for many networks "+
				"as for few. What is no address gives nil and a description; what is no network raises an error.",
			`
gopiper.ip.in_cidr("10.1.2.3", "10.0.0.0/8") --> true
gopiper.ip.in_cidr("::1", { "10.0.0.0/8", "fe80::/10" }) --> false
`, ipInCIDR),
	},
}

func parseAddress(text string) (netip.Addr, bool) {
	address, err := netip.ParseAddr(text)
	return address.Unmap(), err == nil
}

func ipParse(a *arguments) []Value {
	address, ok := parseAddress(a.text(1))
	if !ok {
		return a.failed("%s is no IP address", quoted(a.text(1)))
	}
	version := 6.0
	if address.Is4() {
		version = 4
	}
	t := a.tables.Take()
	t.Set("text", Text(address.String()))
	t.Set("version", Num(version))
	t.Set("private", Flag(address.IsPrivate()))
	t.Set("loopback", Flag(address.IsLoopback()))
	t.Set("link_local", Flag(address.IsLinkLocalUnicast()))
	t.Set("multicast", Flag(address.IsMulticast()))
	if address.Zone() != "" {
		t.Set("zone", Text(address.Zone()))
	}
	return a.one(OfTable(t))
}

// networks is a set of networks: an address is in it if it is in the set with
// as many of its bits as any of them has.
type networks struct {
	set     map[netip.Prefix]bool
	lengths map[int]bool
}

func (n *networks) add(text string) error {
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		address, err := netip.ParseAddr(text)
		if err != nil || address.Zone() != "" {
			return fmt.Errorf("%s is no network; write for example \"10.0.0.0/8\"", quoted(text))
		}
		prefix = netip.PrefixFrom(address, address.BitLen())
	}
	if address := prefix.Addr(); address.Is4In6() && prefix.Bits() >= 96 {
		prefix = netip.PrefixFrom(address.Unmap(), prefix.Bits()-96)
	}
	n.set[prefix.Masked()] = true
	n.lengths[prefix.Bits()] = true
	return nil
}

func (n *networks) contain(address netip.Addr) bool {
	address = address.WithZone("")
	for bits := range n.lengths {
		if prefix, err := address.Prefix(bits); err == nil && n.set[prefix] {
			return true
		}
	}
	return false
}

func ipInCIDR(a *arguments) []Value {
	text := a.text(1)
	set := a.networks(2)
	if a.err != nil {
		return nil
	}
	address, ok := parseAddress(text)
	if !ok {
		return a.failed("%s is no IP address", quoted(text))
	}
	return a.one(Flag(set.contain(address)))
}

// networks returns the set that argument i is.
func (a *arguments) networks(i int) *networks {
	v, _ := a.at(i)
	list := []Value{v}
	if t, ok := a.tableIn(i, v); ok {
		list = t.List
		a.charge(len(list) * 64)
	} else {
		a.text(i)
	}
	key := ""
	switch len(list) {
	case 0:
		key = "\x00" // not the empty text, which is no network
	case 1:
		key = list[0].Text
	default:
		var keys strings.Builder
		for _, v := range list {
			keys.WriteString(v.Text + "\x00")
		}
		key = keys.String()
	}
	if set, ok := a.Context.networks.get(key); ok || a.err != nil {
		return set
	}
	set := &networks{make(map[netip.Prefix]bool), make(map[int]bool)}
	for _, v := range list {
		if !a.tick() {
			break
		}
		if v.Kind != String {
			a.bad(i, "a network is a string, not a %s", v.TypeName())
		} else if err := set.add(v.Text); err != nil {
			a.bad(i, "%s", err.Error())
		}
	}
	if a.err == nil {
		a.Context.networks.put(strings.Clone(key), set, 128*len(list))
	}
	return set
}
