//! Names of tenants: companies that sound like companies, and two that somebody chose to deceive.

/// Companies that people may remember, in order of size.
const COMPANIES: [&str; 48] = [
    "Northwind Traders",
    "Contoso Retail",
    "Fabrikam Textiles",
    "Adventure Outfitters",
    "Wingtip Toys",
    "Tailspin Cycles",
    "Blue Yonder Foods",
    "Lucerne Publishing",
    "Proseware",
    "Litware Instruments",
    "Alpine Ski House",
    "Trey Research",
    "Woodgrove Furniture",
    "Margie's Travel",
    "Coho Vineyard",
    "Humongous Insurance",
    "Graphic Design Institute",
    "Fourth Coffee",
    "Wide World Importers",
    "Bellows College",
    "Relecloud",
    "Munson's Pickles",
    "First Up Consultants",
    "Liberty's Bakery",
    "Nod Publishers",
    "Southridge Video",
    "Best For You Organics",
    "Lamna Healthcare",
    "Olympia Shipping",
    "Müller & Söhne",
    "Café Doré",
    "Kraków Steelworks",
    "Øresund Ferries",
    "Škoda & Novák Tools",
    "Tōkyō Lantern",
    "Hayward Pumps",
    "Quarry Lane Stone",
    "Harbour Light Books",
    "Saltmarsh Ceramics",
    "Ironbridge Cycles",
    "Fenwick Optics",
    "Oakmoor Dairy",
    "Redcliffe Paper",
    "Tidewater Rope",
    "Juniper Hill Gin",
    "Marlow Boats",
    "Pennine Wool",
    "Stonecrop Nursery",
];

const PLACES: [&str; 100] = [
    "Abbot", "Acorn", "Alder", "Amber", "Anchor", "Apple", "Arbor", "Ash", "Aspen", "Badger", "Barley", "Basalt",
    "Beacon", "Beech", "Birch", "Bracken", "Bramble", "Bridge", "Brook", "Canal", "Cedar", "Chalk", "Cherry", "Cliff",
    "Clover", "Cobalt", "Copper", "Coral", "Crane", "Dale", "Dawn", "Delta", "Dove", "Dune", "Eagle", "Elder", "Elm",
    "Ember", "Falcon", "Fern", "Field", "Flint", "Forge", "Fox", "Garnet", "Glen", "Granite", "Grove", "Gull",
    "Harbor", "Hawk", "Hazel", "Heath", "Heron", "Hill", "Holly", "Indigo", "Iris", "Ivory", "Ivy", "Jade", "Jasper",
    "Kestrel", "Lake", "Larch", "Lark", "Laurel", "Lime", "Linden", "Lotus", "Maple", "Marsh", "Meadow", "Mill",
    "Moor", "Moss", "Oak", "Ocean", "Olive", "Onyx", "Orchard", "Otter", "Pearl", "Pine", "Plum", "Poplar", "Quartz",
    "Raven", "Reed", "Ridge", "River", "Rowan", "Sage", "Slate", "Spruce", "Stone", "Swan", "Thistle", "Vale",
    "Willow",
];

const TRADES: [&str; 100] = [
    "Analytics",
    "Antiques",
    "Apparel",
    "Architects",
    "Audio",
    "Bakery",
    "Bank",
    "Bicycles",
    "Biotech",
    "Books",
    "Brewing",
    "Builders",
    "Cables",
    "Candles",
    "Capital",
    "Carpets",
    "Catering",
    "Ceramics",
    "Chemicals",
    "Clinics",
    "Clocks",
    "Coffee",
    "Components",
    "Consulting",
    "Cosmetics",
    "Couriers",
    "Dairy",
    "Dental",
    "Design",
    "Diagnostics",
    "Electric",
    "Energy",
    "Engineering",
    "Events",
    "Fabrics",
    "Farms",
    "Films",
    "Finance",
    "Fisheries",
    "Fitness",
    "Florists",
    "Foods",
    "Foundry",
    "Freight",
    "Furniture",
    "Games",
    "Garage",
    "Gardens",
    "Glass",
    "Health",
    "Hotels",
    "Imaging",
    "Insurance",
    "Interiors",
    "Jewellers",
    "Kitchens",
    "Labs",
    "Landscapes",
    "Laundry",
    "Leather",
    "Legal",
    "Lighting",
    "Linen",
    "Logistics",
    "Lumber",
    "Machines",
    "Marine",
    "Media",
    "Metals",
    "Mills",
    "Motors",
    "Museums",
    "Music",
    "Networks",
    "Optics",
    "Outdoor",
    "Packaging",
    "Paints",
    "Paper",
    "Pharma",
    "Photo",
    "Plastics",
    "Plumbing",
    "Press",
    "Printing",
    "Properties",
    "Pumps",
    "Rail",
    "Realty",
    "Robotics",
    "Roofing",
    "Sails",
    "Schools",
    "Security",
    "Software",
    "Solar",
    "Sports",
    "Tools",
    "Travel",
    "Wines",
];

/// The tenants of shared tables, the largest first. `prod` is there thrice, to the eye.
pub fn shared(count: usize) -> Vec<String> {
    let mut names: Vec<String> = (0..count.saturating_sub(3)).map(company).collect();
    let at = names.len().min(5);
    names.insert(at, "prod".into());
    names.insert(at + 1, "pr\u{202e}od".into());
    names.insert(at + 2, "\u{1b}[31mred".into());
    names
}

/// The schemas of the tenants that have one.
pub fn schemas(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("t_{}", slug(&company(n + 11)))).collect()
}

/// The databases of the tenants that have one; the last is named to deceive.
pub fn databases(count: usize) -> Vec<String> {
    let mut names: Vec<String> = (0..count.saturating_sub(2))
        .map(|n| format!("tenant_{}", slug(&company(n + 23))))
        .collect();
    names.push("tenant_prod".into());
    names.push("tenant_pr\u{202e}od".into());
    names
}

/// The company at this place in the long list, which has 10,048.
fn company(n: usize) -> String {
    if let Some(known) = COMPANIES.get(n) {
        return (*known).to_owned();
    }
    let n = n - COMPANIES.len();
    let (first, second) = (n % PLACES.len(), n / PLACES.len());
    // Both words change from one to the next, or the list would read like an index.
    let trade = TRADES[(second + first * 7) % TRADES.len()];
    format!("{} {trade}", PLACES[first])
}

/// Lower-case letters and digits, with `_` for everything between.
fn slug(name: &str) -> String {
    let slug: String = name.chars().map(plain).collect();
    let words: Vec<&str> = slug.split('_').filter(|word| !word.is_empty()).collect();
    words.join("_")
}

/// The letter of a slug that stands for this one.
fn plain(c: char) -> char {
    match c {
        'é' => 'e',
        'á' => 'a',
        'ó' | 'ō' | 'Ø' => 'o',
        'ü' => 'u',
        'Š' => 's',
        c if c.is_ascii_alphanumeric() => c.to_ascii_lowercase(),
        _ => '_',
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{databases, schemas, shared};

    #[test]
    fn every_tenant_has_a_name_of_its_own_in_the_largest_lab() {
        for names in [shared(10_000), schemas(2_000), databases(200)] {
            assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len());
        }
    }

    #[test]
    fn the_smallest_lab_has_the_names_that_deceive() {
        assert_eq!(shared(3), ["prod", "pr\u{202e}od", "\u{1b}[31mred"]);
        assert_eq!(databases(2), ["tenant_prod", "tenant_pr\u{202e}od"]);
    }
}
