package rolecall

import (
	"encoding/binary"
	"hash/maphash"
	"slices"
	"strings"
)

// subjects keeps what every subject holds. Subjects are numbered; a page keeps
// pageSubjects of them as packed records, so that one or two lines of memory
// tell all of a common subject.
type subjects struct {
	seed maphash.Seed
	index
	numbers
	pages vector[*subjectPage]
	fresh []*subjectPage // copied or made by the edit in progress
}

const pageSubjects = 128

type subjectPage struct {
	owner  uint64
	data   []byte                   // records in the order of numbers
	extras *[pageSubjects]*extra    // nil if no record has one
	starts [pageSubjects + 1]uint16 // of the records and the end of the last, in words of 8 bytes
}

// A record is one subject, in words of 8 bytes:
//
//	the length of its id, its flags, its id, bytes to fill the word
//	the pairs of its row, ascending
//
// It is empty if the number is free.
type record []byte

const (
	flagKind    = 3 // flagUser, flagClient or flagGroup
	flagUser    = 1
	flagClient  = 2
	flagGroup   = 3
	flagBlocked = 4
	flagExtra   = 8 // more is in the page's extras
)

func (r record) flags() byte   { return r[1] }
func (r record) name() []byte  { return r[2 : 2+int(r[0])] }
func (r record) blocked() bool { return r.flags()&flagBlocked != 0 }
func (r record) packed() row   { return row(r[(int(r[0])+9)&^7:]) }

func (r record) kind() Kind {
	switch r.flags() & flagKind {
	case flagUser:
		return KindUser
	case flagClient:
		return KindClient
	}
	return KindGroup
}

// A pair is a tenant's number in its upper half and a role's in its lower. The
// tenant 0 is everywhere. The role 0 says only that the subject is a member of
// the tenant. In the tenant inGroup, the lower half is the number of a group
// that the subject is in.
type pair uint64

const inGroup = 1<<32 - 1

func newPair(tenant, role uint32) pair { return pair(tenant)<<32 | pair(role) }
func (p pair) tenant() uint32          { return uint32(p >> 32) }
func (p pair) role() uint32            { return uint32(p) }

// A row is pairs of 8 bytes, ascending.
type row []byte

func (r row) len() int      { return len(r) / 8 }
func (r row) at(i int) pair { return pair(binary.LittleEndian.Uint64(r[i*8:])) }

// from returns the first place in r whose pair is not below p.
func (r row) from(p pair) int {
	low, high := 0, r.len()
	for low < high {
		if middle := (low + high) / 2; r.at(middle) < p {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}

// in returns the part of r that is in a tenant.
func (r row) in(tenant uint32) row {
	return r[r.from(newPair(tenant, 0))*8 : r.from(newPair(tenant+1, 0))*8]
}

// groups returns the part of r that says which groups the subject is in.
func (r row) groups() row {
	if len(r) == 0 || r.at(r.len()-1).tenant() != inGroup {
		return nil
	}
	return r[r.from(newPair(inGroup, 0))*8:]
}

// maxPacked is the most pairs that a record keeps; a longer row is kept apart,
// so that its neighbours' writes need not copy it.
const maxPacked = 32

// An extra is what few subjects have.
type extra struct {
	owner    uint64
	long     row       // the whole row, if it is longer than maxPacked
	specials []special // by resource
	group    uint32    // of a group: its number among groups
}

// A special is an assignment or direct grant that a pair can't say.
type special struct {
	resource    string
	from, until int64 // Unix milliseconds
	tenant      uint32
	role        uint32 // 0 of a direct grant
	permission  uint32
}

// on returns the specials of exactly one resource, or those of none.
func (x *extra) on(resource string) []special {
	low, _ := slices.BinarySearchFunc(x.specials, resource, compareResource)
	high := low
	for high < len(x.specials) && x.specials[high].resource == resource {
		high++
	}
	return x.specials[low:high]
}

func compareResource(s special, resource string) int { return strings.Compare(s.resource, resource) }

func newSubjects(seed maphash.Seed) subjects { return subjects{seed: seed, index: newIndex(0)} }

// A subject is all that is kept of one. Its record is empty if the number is free.
type subject struct {
	record
	extra *extra // nil unless the record has one
}

// row returns the pairs of s.
func (s subject) row() row {
	if s.extra != nil && s.extra.long != nil {
		return s.extra.long
	}
	return s.packed()
}

// find returns a subject and its number, and whether it is there.
func (s *subjects) find(id string) (found subject, number uint32, ok bool) {
	tag := uint32(maphash.String(s.seed, id))
	for place := tag; ; place++ {
		slot := s.slot(place)
		if slot == 0 {
			return subject{}, 0, false
		}
		if number := uint32(slot) - 1; uint32(slot>>32) == tag && number < s.count {
			if found := s.at(number); len(found.record) > 0 && string(found.name()) == id {
				return found, number, true
			}
		}
	}
}

// at returns what is kept of a number.
func (s *subjects) at(number uint32) subject {
	page := *s.pages.at(number / pageSubjects)
	i := number % pageSubjects
	r := record(page.data[int(page.starts[i])*8 : int(page.starts[i+1])*8])
	if len(r) > 0 && r.flags()&flagExtra != 0 {
		return subject{r, page.extras[i]}
	}
	return subject{r, nil}
}

// id returns the id of a number that is in use.
func (s *subjects) id(number uint32) SubjectID { return SubjectID(s.at(number).name()) }

// page returns the page of a number for owner to change.
func (s *subjects) page(number uint32, owner uint64) *subjectPage {
	at := s.pages.edit(number/pageSubjects, owner)
	switch page := *at; {
	case page == nil:
		*at = &subjectPage{owner: owner}
		s.fresh = append(s.fresh, *at)
	case page.owner != owner:
		clone := *page
		clone.owner = owner
		clone.data = append(make([]byte, 0, len(page.data)+64), page.data...) // 64: what most writes add
		if page.extras != nil {
			extras := *page.extras
			clone.extras = &extras
		}
		*at = &clone
		s.fresh = append(s.fresh, *at)
	}
	return *at
}

// splice replaces bytes of a record by others, both counted in words.
func (page *subjectPage) splice(i uint32, at, remove int, insert ...byte) {
	at += int(page.starts[i]) * 8
	page.data = slices.Replace(page.data, at, at+remove, insert...)
	for ; i < pageSubjects; i++ {
		page.starts[i+1] += uint16((len(insert) - remove) / 8)
	}
}

// clip gives back most memory that growing has left unused.
func (s *subjects) clip() {
	for _, page := range s.fresh {
		if cap(page.data)-len(page.data) > 64+len(page.data)/16 {
			page.data = append(make([]byte, 0, len(page.data)), page.data...)
		}
	}
	s.fresh = nil
}

// add makes a subject.
func (s *subjects) add(id string, flags byte, owner uint64) uint32 {
	if len(id) == 0 || len(id) > MaxIDBytes {
		panic("rolecall: a subject's id has an impossible length")
	}
	number := s.take()
	page := s.page(number, owner)
	r := make([]byte, (len(id)+9)&^7)
	r[0], r[1] = byte(len(id)), flags
	copy(r[2:], id)
	page.splice(number%pageSubjects, 0, 0, r...)
	if s.full() {
		s.index = newIndex(int(s.count))
		for n := range s.count {
			if other := s.at(n); len(other.record) > 0 {
				s.index.add(uint32(maphash.Bytes(s.seed, other.name())), n)
			}
		}
	} else {
		s.index.add(uint32(maphash.String(s.seed, id)), number)
	}
	return number
}

// remove deletes a subject and all that it holds.
func (s *subjects) remove(number uint32, owner uint64) {
	page, i := s.page(number, owner), number%pageSubjects
	page.splice(i, 0, int(page.starts[i+1]-page.starts[i])*8)
	if page.extras != nil {
		page.extras[i] = nil
	}
	s.give(number)
}

// block sets or clears the blocked flag.
func (s *subjects) block(number uint32, blocked bool, owner uint64) {
	page, i := s.page(number, owner), number%pageSubjects
	flags := &page.data[int(page.starts[i])*8+1]
	*flags &^= flagBlocked
	if blocked {
		*flags |= flagBlocked
	}
}

// extra returns a number's extra for owner to change, making it if need be.
func (s *subjects) extra(number uint32, owner uint64) *extra {
	page, i := s.page(number, owner), number%pageSubjects
	page.data[int(page.starts[i])*8+1] |= flagExtra
	if page.extras == nil {
		page.extras = new([pageSubjects]*extra)
	}
	switch x := page.extras[i]; {
	case x == nil:
		page.extras[i] = &extra{owner: owner}
	case x.owner != owner:
		page.extras[i] = &extra{owner, slices.Clone(x.long), slices.Clone(x.specials), x.group}
	}
	return page.extras[i]
}

// addPair puts a pair into a number's row. It may be there twice.
func (s *subjects) addPair(number uint32, p pair, owner uint64) {
	var bytes [8]byte
	binary.LittleEndian.PutUint64(bytes[:], uint64(p))
	was := s.at(number)
	row := was.row()
	at := row.from(p) * 8
	head := len(was.record) - len(row)
	switch packed := was.extra == nil || was.extra.long == nil; {
	case packed && row.len() < maxPacked:
		s.page(number, owner).splice(number%pageSubjects, head+at, 0, bytes[:]...)
		return
	case packed: // the record is full: its row moves out
		row = slices.Clone(row)
		s.page(number, owner).splice(number%pageSubjects, head, len(row))
		s.extra(number, owner).long = row
	}
	x := s.extra(number, owner)
	x.long = slices.Insert(x.long, at, bytes[:]...)
}

// removePair takes a pair out of a number's row, once, and reports whether it was there.
func (s *subjects) removePair(number uint32, p pair, owner uint64) bool {
	was := s.at(number)
	row := was.row()
	at := row.from(p)
	if at == row.len() || row.at(at) != p {
		return false
	}
	if was.extra == nil || was.extra.long == nil {
		head := len(was.record) - len(row)
		s.page(number, owner).splice(number%pageSubjects, head+at*8, 8)
		return true
	}
	x := s.extra(number, owner)
	x.long = slices.Delete(x.long, at*8, at*8+8)
	if len(x.long) == 0 {
		x.long = nil
		s.tidy(number, owner)
	}
	return true
}

// addSpecial adds to a number's specials.
func (s *subjects) addSpecial(number uint32, one special, owner uint64) {
	x := s.extra(number, owner)
	at, _ := slices.BinarySearchFunc(x.specials, one.resource, compareResource)
	x.specials = slices.Insert(x.specials, at, one)
}

// removeSpecial takes one of a number's specials out, once, and reports whether it was there.
func (s *subjects) removeSpecial(number uint32, one special, owner uint64) bool {
	was := s.at(number).extra
	if was == nil {
		return false
	}
	at := slices.Index(was.specials, one)
	if at < 0 {
		return false
	}
	x := s.extra(number, owner)
	x.specials = slices.Delete(x.specials, at, at+1)
	s.tidy(number, owner)
	return true
}

// tidy drops a number's extra if nothing is in it.
func (s *subjects) tidy(number uint32, owner uint64) {
	page, i := s.page(number, owner), number%pageSubjects
	x := page.extras[i]
	flags := &page.data[int(page.starts[i])*8+1]
	if x.long == nil && len(x.specials) == 0 && *flags&flagKind != flagGroup {
		page.extras[i] = nil
		*flags &^= flagExtra
	}
}
