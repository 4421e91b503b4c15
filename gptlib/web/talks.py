"""Talks: two people ask and tell each other. world/grammar.py explains the notation.

{?reading} marks the answer to a question that was answered before.
"""

from gptlib.web.diaries import WEEKDAYS
from gptlib.web.kind import Kind
from gptlib.world.entry import all_but
from gptlib.world.grammar import event, plot
from gptlib.world.lexicon import TOYS

WORDS = {
    "weekday": WEEKDAYS,
    # What one wants in order to do something with it.
    "plaything": all_but(TOYS, "jigsaw, sailing boat, toy castle"),
}

EVENTS = {
    "greet": event(
        "a b",
        "{A}: Hello, {b}!\n\n{B}: Hello, {a}!",
        "{A}: Good morning, {b}.\n\n{B}: Good morning, {a}.",
        "{A}: There you are, {b}!\n\n{B}: Were you looking for me, {a}?",
        "{A}: {B}, have you got a minute?\n\n{B}: Of course, {a}.",
    ),
    "thanks": event(
        "a b",
        "{A}: Thank you, {b}.",
        "{A}: Ah yes, now I remember. Thank you!",
        "{A}: Good, that is what I wanted to know.",
        "{A}: Now I will not forget it.",
    ),
}

PLOTS = [
    plot(
        "the lost toy",
        "hero friend: child, thing: toy, place: place, spot: place.spots",
        """
        <greet hero friend>

        {Hero}: [Have you seen|Do you know where I left] my {thing.look} {thing}?{thing.owner=hero}

        {Friend}: [It is|I saw it|You left it] {spot} {in place}.{thing.at=spot}{thing.area=place}

        {Hero}: [Oh, good!|What luck!] I thought that [it was lost|somebody had taken it].

        {Friend}: Then [hurry, for it looks like rain|run, before the dog finds it].

        {Hero}: But where {in thing.area} did you say it was?

        {Friend}: {?reading}{Thing.at}{?}.

        <thanks hero friend>
    """,
    ),
    plot(
        "the way",
        "hero friend: child, place: place, shop: worker, side: side",
        """
        <greet hero friend>

        {Hero}: Which way is it to {place}?{hero.going=place}

        {Friend}: [Go down the street and turn|Turn] {side} at {shop.shop}.{hero.turn=side}

        [{Hero}: Is it far?

        {Friend}: [No, only five minutes.|It is, but the walk is nice.]|{Hero}: Is there a sign?

        {Friend}: [No, but you cannot miss it.|There was one, but it fell down.]]

        {Hero}: And at {shop.shop}, do I go left or right?

        {Friend}: {?reading}{Hero.turn}{?}. [I can come with you.|Then go straight on.]

        <thanks hero friend>
    """,
    ),
    plot(
        "the party",
        "hero friend: child, day: weekday, place: place, hour: hour, dish: dish",
        """
        <greet hero friend>

        {Hero}: Will you come to my party on {day}?

        {Friend}: [Yes, please!|With pleasure!|I would love to.] Where is it?

        {Hero}: {In place}, at {hour} o'clock.{party.at=place}{party.hour=hour}

        {Friend}: [Shall I bring something?|What can I bring?]

        {Hero}: {A dish.look} {dish}, please.{friend.brings=dish}

        [{Friend}: And when must I be there?

        {Hero}: At {?reading}{party.hour}{?} o'clock.|{Friend}: And where is the party?

        {Hero}: {?reading}{In party.at}{?}.|{Friend}: And what am I to bring?

        {Hero}: {?reading}{A dish.look} {friend.brings}{?}.|{Friend}: And on which day is it?

        {Hero}: On {?reading}{day}{?}.]

        <thanks friend hero>
    """,
    ),
    plot(
        "the shopping list",
        "elder: family, hero: child, one two three: food",
        """
        {Elder}: {Hero}, [please run to the shop for me.|can you go to the market for me?]

        {Hero}: [Yes, {elder}.|Of course.] What do we need?

        {Elder}: {A one}, {a two} and {a three}.{hero.first=one}{hero.second=two}{hero.third=three}

        {Hero}: [May I take the dog with me?|May I buy a sweet, too?|May I go on my scooter?]

        {Elder}: [Yes, if you are quick.|Yes, but come straight home.]

        [{Hero}: What came first on the list?

        {Elder}: {?reading}{A hero.first}{?}.|{Hero}: What was it after the {hero.first}?

        {Elder}: {?reading}{A hero.second}{?}.|{Hero}: What was the last thing on the list?

        {Elder}: {?reading}{A hero.third}{?}.] [Now run!|Off you go!]

        {Hero}: [I am on my way|I will be quick|I will not forget anything], {elder}!
    """,
    ),
    plot(
        "the lender",
        "hero friend third: child, day: weekday, thing: plaything",
        """
        <greet hero friend>

        {Hero}: [May I borrow|Will you lend me] your {thing.look} {thing}?{thing.owner=friend}

        {Friend}: [I am sorry, but |]I have lent it to {third}.{thing.holder=third}

        {Hero}: [What a pity!|Oh dear!] I wanted to {thing.use}.

        {Friend}: I will have it back on {day}. [Can you wait that long?|That is not so long.]

        [{Hero}: Who has it, did you say?

        {Friend}: {?reading}{Thing.holder}{?}.|{Hero}: When did you say you will have it back?

        {Friend}: On {?reading}{day}{?}.]

        <thanks hero friend>
    """,
    ),
    plot(
        "the sick friend",
        "hero friend third: child, illness: illness, wish: book",
        """
        {Hero}: [Where is {third} today?|Do you know where {third} is?]

        {Friend}: [In bed|At home], with {a illness}.{third.has=illness}

        {Hero}: Poor {third}! [Can we visit {third.him}?|Let's go and see {third.him}.]

        {Friend}: Yes, and {third.he} [wants|asked for] {a wish.look} {wish}.{third.wants=wish}

        {Hero}: [I have one at home.|I know where to get one.|I can borrow one.]

        {Friend}: And I will [draw a card|make some soup|pick some flowers].

        [{Hero}: What did you say was wrong with {third}?

        {Friend}: {?reading}{A third.has}{?}.

        {Hero}: [It will soon be over.|I had one last year.]|{Hero}: What was it that {third} wanted?

        {Friend}: {?reading}{A wish.look} {third.wants}{?}.

        {Hero}: [I will run and get it.|Let's go as soon as I have it.]]
    """,
    ),
    plot(
        "the neighbour's pet",
        "elder: worker, hero: child, pet: pet, name: called, room: store, spot: room.shelves",
        """
        {Elder}: {Hero}, can you feed my {pet.look} {pet} [next week|on Sunday|while I am away]?

        {Hero}: [I would love to!|Of course, {elder}.] What is it called?{hero.feeds=pet}

        {Elder}: {Name}.{pet.called=name}{pet.owner=elder}

        {Hero}: And where is the food?

        {Elder}: {In room}, {spot}.{food.room=room}{food.at=spot}

        {Hero}: [How often does it eat?|When does it eat?]

        {Elder}: [Twice a day.|In the morning and in the evening.] It is always hungry.

        [{Hero}: So the food is {in food.room}, but where?

        {Elder}: {?reading}{Food.at}{?}.|{Hero}: And what did you say it was called?

        {Elder}: {?reading}{Pet.called}{?}.]

        {Hero}: [I will not forget|You can count on me|Have a good time], {elder}!
    """,
    ),
    plot(
        "saving up",
        "hero friend: child, toy: plaything, price: number, job: family",
        """
        {Hero}: There is {a toy.look} {toy} in the shop window.

        {Friend}: [How much does it cost|How much is it|Is it dear]?

        {Hero}: {Price} coins, and I have only two.{toy.price=price}

        {Friend}: You could [sweep the floor|pull weeds|clean shoes] for {job}.

        {Hero}: [That is a good idea|I will start today]! I so want to {toy.use}.

        {Friend}: How many coins was it, did you say?

        {Hero}: {?reading}{Toy.price}{?}.

        {Friend}: [I can lend you one.|Then you will need a week.|It will be worth it.]
    """,
    ),
    plot(
        "stuck in a tree",
        "elder: family, hero: child, thing: flyer, tree: tree, tool: reacher, "
        "room: store, spot: room.corners",
        """
        {Hero}: {Elder}, my {thing.look} {thing} is stuck in {tree}!{thing.at=tree}

        {Elder}: [Have you shaken the trunk|Have you thrown a stick at it]?

        {Hero}: Yes, but [only leaves came down|it did not help].{thing.owner=hero}

        {Elder}: Then fetch the {tool}. It is {in room}, {spot}.{tool.at=spot}{tool.room=room}

        {Hero}: [Will you come and help me?|Can you come, too?]

        {Elder}: [Yes|Of course]. [Which tree did you say it was?

        {Hero}: {?reading}{Thing.at}{?}. [Right at the top!|It is not high up.]|Run for the {tool}.

        {Hero}: Where did you say it was?

        {Elder}: {?reading}{In tool.room}, {tool.at}{?}.]
    """,
    ),
    plot(
        "the broken toy",
        "hero friend: child, thing: gadget, stuff: mender, room: store, spot: room.shelves",
        """
        {Hero}: {Friend}, I have something [bad|sad] to tell you.

        {Friend}: [What is it?|What has happened?]

        {Hero}: I [dropped|sat on|stepped on] your {thing.look} {thing}, and it broke.

        {Friend}: [Oh no!|Oh dear!] Can it be mended?{thing.owner=friend}{thing.state=broken}

        {Hero}: I think so. There is some {stuff} {in room}, {spot}.{stuff.at=spot}{stuff.room=room}

        {Friend}: Then [do not cry|all is well]. [I break things, too.|We can do it together.]

        [{Hero}: You are a true friend, {friend}.|{Hero}: I will get the {stuff}. Where was it?

        {Friend}: {?reading}{Stuff.at}{?}! You told me so yourself.]
    """,
    ),
]

TALK = Kind("talk", 6, PLOTS, EVENTS, WORDS)
